/**
 * The store's schema. Columns named `sealed` are vault cells; everything else is ids, numbers, sizes and times.
 * A migration is never changed once it has been released: what comes later is one more.
 */
export const migrations: readonly string[] = [
  `
  -- One channel. Its name is found by its tag; sealed: ChannelSettings; generation counts changes of them.
  CREATE TABLE channels (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    tag BLOB NOT NULL UNIQUE,
    generation INTEGER NOT NULL,
    sealed BLOB NOT NULL,
    created_at INTEGER NOT NULL
  );

  -- Suite state by member and epoch; a writer compares the generation and swaps.
  CREATE TABLE sessions (
    channel INTEGER NOT NULL REFERENCES channels ON DELETE CASCADE,
    member TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (channel, member, epoch)
  ) WITHOUT ROWID;

  -- The generations that are current in the two tables above, so that one row put back alone is noticed.
  CREATE TABLE heads (
    channel INTEGER PRIMARY KEY REFERENCES channels ON DELETE CASCADE,
    sealed BLOB NOT NULL
  );

  -- The streams this home numbers its frames in; a channel's newest is the one in use.
  CREATE TABLE streams_out (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    channel INTEGER NOT NULL REFERENCES channels ON DELETE CASCADE,
    stream BLOB NOT NULL UNIQUE,
    next_seq INTEGER NOT NULL
  );
  CREATE INDEX streams_out_by_channel ON streams_out (channel);

  -- Sealed bodies: committed before they are left, kept until their frames are acknowledged.
  CREATE TABLE bodies (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    channel INTEGER NOT NULL REFERENCES channels ON DELETE CASCADE,
    body TEXT NOT NULL,
    object BLOB,
    object_key TEXT,
    attempt INTEGER NOT NULL DEFAULT 0,
    first_left_at INTEGER,
    left_at INTEGER
  );
  CREATE INDEX bodies_to_leave ON bodies (channel, id) WHERE left_at IS NULL;
  CREATE INDEX bodies_by_channel ON bodies (channel);

  -- Frames until they are acknowledged. body: the body that carries it now.
  CREATE TABLE frames_out (
    stream INTEGER NOT NULL REFERENCES streams_out ON DELETE CASCADE,
    seq INTEGER NOT NULL,
    channel INTEGER NOT NULL,
    id BLOB NOT NULL,
    kind INTEGER NOT NULL,
    sent_at INTEGER NOT NULL,
    size INTEGER NOT NULL,
    body INTEGER REFERENCES bodies ON DELETE SET NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (stream, seq)
  ) WITHOUT ROWID;
  CREATE INDEX frames_waiting ON frames_out (channel, stream, seq) WHERE body IS NULL;
  CREATE INDEX frames_by_body ON frames_out (body);

  -- Numbers that nobody acknowledged in time, and that are no longer kept: their messages stay 'sent'.
  CREATE TABLE given_up (
    stream INTEGER NOT NULL REFERENCES streams_out ON DELETE CASCADE,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    PRIMARY KEY (stream, first)
  ) WITHOUT ROWID;

  -- Passing frames that wait for the next envelope.
  CREATE TABLE passing_out (
    id INTEGER PRIMARY KEY,
    channel INTEGER NOT NULL REFERENCES channels ON DELETE CASCADE,
    kind INTEGER NOT NULL,
    deadline INTEGER NOT NULL,
    content BLOB NOT NULL
  );
  CREATE INDEX passing_by_channel ON passing_out (channel);

  -- What has been received of each stream of another member: everything below next_seq, and what frames_held has.
  CREATE TABLE streams_in (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    channel INTEGER NOT NULL REFERENCES channels ON DELETE CASCADE,
    member TEXT NOT NULL,
    stream BLOB NOT NULL,
    next_seq INTEGER NOT NULL,
    acknowledge INTEGER NOT NULL DEFAULT 0,
    gap_since INTEGER,
    asked_at INTEGER,
    asked INTEGER NOT NULL DEFAULT 0,
    UNIQUE (channel, stream)
  );
  CREATE INDEX streams_with_gap ON streams_in (channel) WHERE gap_since IS NOT NULL;
  CREATE INDEX streams_to_acknowledge ON streams_in (channel) WHERE acknowledge > 0;

  -- Frames that came before their turn.
  CREATE TABLE frames_held (
    stream INTEGER NOT NULL REFERENCES streams_in ON DELETE CASCADE,
    seq INTEGER NOT NULL,
    id BLOB NOT NULL,
    kind INTEGER NOT NULL,
    sent_at INTEGER NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (stream, seq)
  ) WITHOUT ROWID;

  -- Hashes of bodies that were dealt with: the same body again is a repeat. stream: whose frames it carried, if any,
  -- since a repeat of them says that their acknowledgement was lost.
  CREATE TABLE seen (
    channel INTEGER NOT NULL REFERENCES channels ON DELETE CASCADE,
    hash BLOB NOT NULL,
    at INTEGER NOT NULL,
    stream INTEGER,
    PRIMARY KEY (channel, hash)
  ) WITHOUT ROWID;
  CREATE INDEX seen_by_age ON seen (channel, at);

  -- Bodies that could not be opened, with the reason.
  CREATE TABLE quarantine (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    channel INTEGER NOT NULL REFERENCES channels ON DELETE CASCADE,
    hash BLOB NOT NULL,
    reason TEXT NOT NULL,
    size INTEGER NOT NULL,
    at INTEGER NOT NULL,
    sealed BLOB NOT NULL,
    UNIQUE (channel, hash)
  );
  CREATE INDEX quarantine_sizes ON quarantine (channel, id, size);

  -- The history. outgoing 1: mine. stream, seq: where it was numbered; null for what an unframed suite brought.
  -- shown 0: not yet on a screen; claimed_by, claimed_until: the process that is about to show it.
  CREATE TABLE messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    channel INTEGER NOT NULL REFERENCES channels ON DELETE CASCADE,
    outgoing INTEGER NOT NULL,
    frame_id BLOB NOT NULL,
    kind INTEGER NOT NULL,
    stream INTEGER,
    seq INTEGER,
    sent_at INTEGER NOT NULL,
    received_at INTEGER,
    shown INTEGER NOT NULL,
    claimed_by INTEGER,
    claimed_until INTEGER,
    sealed BLOB NOT NULL
  );
  CREATE INDEX messages_by_channel ON messages (channel, id);
  CREATE INDEX messages_to_show ON messages (channel, id) WHERE shown = 0;

  -- Files that came or went, by the parcel's id. sealed: the notice. state: 0 in the drop, 1 fetched, 2 recalled, 3 expired.
  CREATE TABLE files (
    id BLOB PRIMARY KEY,
    channel INTEGER NOT NULL REFERENCES channels ON DELETE CASCADE,
    outgoing INTEGER NOT NULL,
    at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    state INTEGER NOT NULL,
    sealed BLOB NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX files_by_channel ON files (channel, at);
  CREATE INDEX files_to_expire ON files (channel, expires_at) WHERE outgoing = 1 AND state = 0;

  -- Transfers under way, so that they can be resumed: a head, and a row for each finished part.
  CREATE TABLE transfers (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    channel INTEGER NOT NULL REFERENCES channels ON DELETE CASCADE,
    tag BLOB NOT NULL,
    at INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    sealed BLOB,
    UNIQUE (channel, tag)
  );
  CREATE TABLE transfer_parts (
    transfer INTEGER NOT NULL REFERENCES transfers ON DELETE CASCADE,
    number INTEGER NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (transfer, number)
  ) WITHOUT ROWID;

  -- Work that one process at a time may do. A lease ends with its time or with its holder.
  CREATE TABLE leases (
    name TEXT PRIMARY KEY,
    holder INTEGER NOT NULL,
    token BLOB NOT NULL,
    until INTEGER NOT NULL
  ) WITHOUT ROWID;

  CREATE TABLE settings (
    name TEXT PRIMARY KEY,
    sealed BLOB NOT NULL
  ) WITHOUT ROWID;
  `,
  `
  -- What else a channel has of which only the newest version may count: a pairing under way, renewal
  -- keys. Their generations stand in the heads, too.
  CREATE TABLE cells (
    channel INTEGER NOT NULL REFERENCES channels ON DELETE CASCADE,
    name TEXT NOT NULL,
    generation INTEGER NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (channel, name)
  ) WITHOUT ROWID;

  -- A frame that a restored home numbers anew is known by its id.
  CREATE INDEX messages_by_frame ON messages (frame_id) WHERE outgoing = 0;

  -- timer: how long the message stays, in milliseconds, as its sender wants it; expires_at: when its row goes.
  ALTER TABLE messages ADD COLUMN timer INTEGER;
  ALTER TABLE messages ADD COLUMN expires_at INTEGER;
  CREATE INDEX messages_to_expire ON messages (expires_at) WHERE expires_at IS NOT NULL;
  CREATE INDEX messages_by_place ON messages (stream, seq) WHERE outgoing = 1;
  `,
  `
  -- What this home asked of a channel's cloud in a month (usage.ts numbers months and operations). kib_hours: what was
  -- put there, times the hours that it may stay.
  CREATE TABLE usage (
    channel INTEGER NOT NULL REFERENCES channels ON DELETE CASCADE,
    month INTEGER NOT NULL,
    operation INTEGER NOT NULL,
    requests INTEGER NOT NULL,
    billed INTEGER NOT NULL,
    sent INTEGER NOT NULL,
    received INTEGER NOT NULL,
    kib_hours INTEGER NOT NULL,
    PRIMARY KEY (channel, month, operation)
  ) WITHOUT ROWID;
  `,
  `
  -- When a body was last opened with the session: one that is older and fits it no more came late (open.ts).
  ALTER TABLE sessions ADD COLUMN opened_at INTEGER;
  `,
];
