/**
 * Every statement of the store in use, explained: none of those that sending and listening run reads a whole table, so
 * that they cost the same with a million stored messages as with none.
 */
import assert from 'node:assert/strict';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import test from 'node:test';
import { makePair, type Pair } from './pair.ts';
import { channel } from './person.ts';

/** Statements that may read all of something: what they read is small, or a person asked for all of it. */
const mayScan: readonly RegExp[] = [
  // A handful of channels.
  /FROM channels ORDER BY id$/,
  // The generations of one channel's sessions, sorted.
  /FROM sessions WHERE channel = channels\.id/,
  // Files are few; people type the beginning of an id.
  /^SELECT \* FROM files WHERE lower\(hex\(id\)\)/,
  /^SELECT \* FROM files WHERE channel = \? ORDER BY at/,
  // The quarantine is bounded, and people ask for its counts.
  /FROM quarantine WHERE channel = \? GROUP BY reason/,
  // The schema itself.
  /^(PRAGMA|VACUUM)/,
  // For tests only.
  /^UPDATE leases SET holder/,
  /^UPDATE messages SET claimed_by = \? WHERE claimed_by IS NOT NULL/,
];

/** The statements that were prepared while `work` ran. */
async function statementsOf(work: () => Promise<void>): Promise<string[]> {
  const seen = new Set<string>();
  const { prepare } = DatabaseSync.prototype;
  DatabaseSync.prototype.prepare = function (this: DatabaseSync, ...values: Parameters<typeof prepare>): StatementSync {
    seen.add(values[0]);
    return prepare.apply(this, values);
  };
  try {
    await work();
  } finally {
    DatabaseSync.prototype.prepare = prepare;
  }
  return [...seen];
}

/** Everything that sending and listening can run into. */
async function everything({ cloud, a, b }: Pair): Promise<void> {
  await a.restart();
  await b.restart();
  a.messenger.changeChannel(channel, { receipts: false });
  await a.send('a0', 'x'.repeat(100_000));
  await b.send('b0');
  await b.listen({ messages: 1 });
  await b.listen();
  for (const text of ['a1', 'a2', 'a3']) await a.send(text);
  cloud.tamper('a-to-b', (body, index) => (index === 1 ? undefined : body));
  cloud.inject('a-to-b', 'rubbish');
  for (let round = 0; round < 5; round += 1) {
    for (const person of [b, a]) await person.listen();
    cloud.advance(100_000);
  }
  const [repeat = ''] = cloud.waiting('a-to-b');
  cloud.inject('a-to-b', repeat);
  await b.listen();
  await a.send('a4');
  cloud.tamper('a-to-b', () => undefined);
  cloud.advance(2 * 3_600_000);
  await a.listen();
  cloud.advance(16 * 86_400_000);
  await a.listen();
  a.messenger.changeChannel(channel, { history: 'off', timer: 3_600_000 });
  await a.send('a5');
  for (const person of [b, a]) await person.listen();
  cloud.advance(2 * 3_600_000);
  for (const person of [b, a]) await person.listen();
  await a.swap();
  await b.swap();
  for (const person of [a, b, a, b]) await person.listen();
  await b.messenger.rekeyChannel(channel, '9999');
  for (const { messenger } of [a, b]) {
    messenger.pending(channel);
    messenger.quarantine(channel);
    Array.from(messenger.history(channel));
    Array.from(messenger.history(channel, 2));
    messenger.files(channel);
  }
  a.messenger.wipeHistory(channel);
  a.messenger.removeChannel(channel);
}

test('store: no statement of sending and listening reads a whole table', async () => {
  await using pair = await makePair({ limits: { bodyBytes: 65_536 } });
  const statements = await statementsOf(() => everything(pair));
  assert.ok(statements.length > 50, `${statements.length} statements`);
  const db = new DatabaseSync(`${pair.b.directory}/btr.sqlite`);
  const scans: string[] = [];
  for (const sql of statements) {
    if (mayScan.some((pattern) => pattern.test(sql))) continue;
    for (const { detail } of db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all()) {
      if (/^SCAN |USE TEMP B-TREE/.test(String(detail))) scans.push(`${detail}: ${sql}`);
    }
  }
  db.close();
  assert.deepEqual(scans, []);
});
