/**
 * Two people pair, talk, send a file, go back in time and wipe, each step a process of its own. No plaintext, name,
 * address, PIN, passphrase or key is in any byte of either home, of the drop, of temporary files, or of output that has
 * no business with it. WAL and free pages are part of what is looked at: processes are killed before each look.
 */
import assert from 'node:assert/strict';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { decodeState } from '../../client/crypto/signal/state.ts';
import { decodeInvite, parseInviteText } from '../../client/protocol/invite.ts';
import { otherRole } from '../../client/protocol/roles.ts';
import { Home } from '../../client/store/home.ts';
import { eventsOf } from '../tools/btr.ts';
import { type Person, Stage } from '../tools/stage.ts';
import { foundIn, foundWithin, type Needle, needle } from './secrecy-search.ts';

const secret = {
  text: 'the heron flies at midnight',
  answer: 'bring the ledger to the boathouse',
  file: 'account numbers of the boathouse',
  fileName: 'boathouse-ledger.txt',
  alicePassphrase: 'correct horse battery',
  bobPassphrase: 'staple of the trade winds',
  aliceName: 'Alice Wonderland',
  bobName: 'Bobby Tables',
};

/** All that processes wrote, beside what they were asked to show. */
class Outputs {
  readonly #texts: string[] = [];

  /** Runs to the end. Answers stdout and stderr, which the caller may hold apart. */
  async run(person: Person, args: readonly string[], env: NodeJS.ProcessEnv = {}, shows = false) {
    const ended = await person.run(args, { env });
    assert.equal(ended.code, 0, `btr ${args.join(' ')}: ${ended.stdout}${ended.stderr}`);
    if (!shows) this.#texts.push(ended.stdout, ended.stderr);
    return ended;
  }

  all(): Buffer {
    return Buffer.from(this.#texts.join('\n'));
  }
}

/** Everything secret that a home holds, as it is after its vault is open. */
async function keysOf(who: string, person: Person, passphrase: string): Promise<Needle[]> {
  const home = await Home.open(person.home, passphrase);
  try {
    const [channel] = home.channels.list();
    assert.ok(channel);
    const identity = Buffer.from(home.settings.get('identity') ?? '', 'base64');
    assert.ok(identity.length > 60);
    const needles = [
      needle(`identity of ${who}`, identity.subarray(-32)),
      needle(`channel id at ${who}`, Buffer.from(channel.channelId, 'base64url')),
      needle(`identity that ${who} has pinned`, Buffer.from(channel.peer?.identity ?? '', 'base64')),
    ];
    for (const { epoch, root } of channel.roots) {
      needles.push(needle(`root ${epoch} of ${who}`, Buffer.from(root, 'base64url')));
      const session = home.sessions.get({ channel: channel.id, member: otherRole(channel.role), epoch });
      assert.ok(session);
      const { record } = decodeState(session.state);
      for (let at = 64; at + 32 < record.length; at += 160) {
        needles.push(needle(`session ${epoch} of ${who} from ${at}`, record.subarray(at, at + 32)));
      }
    }
    const renewals: unknown = home.cells.get(channel.id, 'renewals')?.value;
    const own = JSON.stringify(renewals);
    for (const [, record] of own.matchAll(/"(?:signed|kyber)":"([^"]{60})/g)) {
      needles.push(needle(`prekey of ${who}`, Buffer.from(record ?? '', 'base64')));
    }
    return needles;
  } finally {
    home.close();
  }
}

/** Ends a listener as a crash would, so that its write-ahead log stays. */
async function crashListener(person: Person): Promise<void> {
  const live = person.start(['listen', '--json', '--quiet'], { input: 'open' });
  await live.until(({ events }) => events.length > 0, 'it showed something');
  await live.kill('SIGKILL');
}

test('secrecy: nothing secret is in any byte of the homes, the drop, temporary files or output', async (t) => {
  await using stage = await Stage.make();
  const temporary = stage.path('temporary');
  await mkdir(temporary);
  const person = (name: string, passphrase: string) =>
    stage.person(name, { BTR_PASSPHRASE: passphrase, TMPDIR: temporary });
  const [alice, bob] = [person('one', secret.alicePassphrase), person('two', secret.bobPassphrase)];
  const outputs = new Outputs();
  const drop = stage.path('drop-at-the-boathouse');
  const downloads = stage.path('downloads');
  const source = stage.path(secret.fileName);
  await writeFile(source, secret.file);

  await outputs.run(alice, ['init', '--name', secret.aliceName]);
  await outputs.run(bob, ['init', '--name', secret.bobName]);
  const place = ['--as', 'a', '--drop', `folder:${drop}`];
  const invited = await outputs.run(alice, ['invite', secret.bobName, '--words', '--json', ...place], {}, true);
  const event = eventsOf(invited.stdout).find(({ event }) => event === 'invite');
  const [invite, pin] = [String(event?.invite), String(event?.pin)];
  const decoded = decodeInvite(parseInviteText(invite));
  const needles: Needle[] = [
    ...Object.entries(secret).map(([name, content]) => needle(name, content)),
    needle('PIN', pin),
    needle('secret of the invite', decoded.secret),
    needle('session id of the invite', decoded.session),
    needle('share of the invite', decoded.share),
  ];
  const address = needle('address of the drop', drop);

  const look = async (when: string, keys: readonly Needle[] = []) => {
    const all = [...needles, ...keys];
    for (const [where, folder] of Object.entries({ alice: alice.home, bob: bob.home })) {
      assert.deepEqual(await foundWithin(folder, [...all, address]), [], `${when}: home of ${where}`);
    }
    // The drop's own folder is where it is; what lies in it must not say so.
    assert.deepEqual(await foundWithin(drop, [...all, address]), [], `${when}: drop`);
    assert.deepEqual(await foundWithin(temporary, [...all, address]), [], `${when}: temporary files`);
    const quiet = all.filter(({ name }) => name !== 'aliceName' && name !== 'bobName' && name !== 'fileName');
    assert.deepEqual(foundIn(outputs.all(), quiet), [], `${when}: output`);
  };

  await outputs.run(alice, ['send', secret.bobName, secret.text]);
  await look('invited');
  const file = stage.path('invite');
  await writeFile(file, invite);
  await outputs.run(bob, ['join', file, '--yes'], { BTR_PIN: pin });
  await look('joined');
  for (const one of [alice, bob, alice]) await outputs.run(one, ['listen', '--once'], {}, true);
  await outputs.run(bob, ['send', '--file', source]);
  await outputs.run(bob, ['send', secret.answer]);
  await crashListener(alice);
  const logs = (await readdir(alice.home)).filter((name) => name.endsWith('-wal'));
  assert.equal(logs.length, 1, 'a killed process leaves its log');
  await outputs.run(alice, ['listen', '--once'], {}, true);
  const listed = await outputs.run(alice, ['files', '--json'], {}, true);
  const id = String(eventsOf(listed.stdout).find(({ event }) => event === 'file-state')?.id);
  await mkdir(downloads);
  await outputs.run(alice, ['get', id, '--out', `${downloads}/`], {}, true);
  await look('talked');

  const copy = stage.path('copy-of-alice');
  await cp(alice.home, copy, { recursive: true });
  const keys = [
    ...(await keysOf('alice', alice, secret.alicePassphrase)),
    ...(await keysOf('bob', bob, secret.bobPassphrase)),
  ];
  assert.ok(keys.length > 20, `${keys.length}`);
  await look('with keys', keys);

  await outputs.run(alice, ['send', secret.bobName, secret.answer]);
  await rm(alice.home, { recursive: true });
  await cp(copy, alice.home, { recursive: true });
  await outputs.run(alice, ['send', secret.bobName, secret.text]);
  for (const one of [bob, alice, bob]) await outputs.run(one, ['listen', '--once'], {}, true);
  const healed = await keysOf('alice', alice, secret.alicePassphrase);
  await look('gone back in time', [...keys, ...healed]);

  await t.test('the search finds what is there', async () => {
    assert.deepEqual(
      (await foundWithin(downloads, needles)).sort(),
      [`file, raw in ${secret.fileName}`, `fileName, raw in ${secret.fileName}`].sort(),
    );
    const shown = await outputs.run(bob, ['history'], {}, true);
    assert.deepEqual(foundIn(Buffer.from(shown.stdout), needles.slice(0, 2)), ['text, raw', 'answer, raw']);
    assert.ok(foundIn(Buffer.from(invite), needles).some((what) => what.startsWith('secret of the invite, base64url')));
    assert.ok(foundIn(Buffer.from(invited.stdout), needles).includes('PIN, raw'));
    const planted = stage.path('planted');
    await mkdir(planted);
    for (const encoding of ['hex', 'base64', 'base64url', 'utf16le'] as const) {
      for (const shift of [0, 1, 2]) {
        const bytes = Buffer.concat([Buffer.alloc(shift, 'x'), Buffer.from(secret.text), Buffer.from('!')]);
        const written = encoding === 'utf16le' ? Buffer.from(bytes.toString(), encoding) : bytes.toString(encoding);
        await writeFile(join(planted, 'one'), written);
        const found = await foundWithin(planted, [needle('text', secret.text)]);
        assert.ok(found.length > 0, `${encoding}, shifted by ${shift}`);
      }
    }
    const open = await Home.open(bob.home, secret.bobPassphrase);
    const master = open.settings.get('name');
    open.close();
    assert.equal(master, secret.bobName, 'what the home holds is there, sealed');
  });

  await outputs.run(alice, ['wipe', secret.bobName, '--yes']);
  await look('wiped', keys);
  await outputs.run(bob, ['wipe', '--all', '--yes']);
  assert.deepEqual(await foundWithin(stage.path('home-one'), keys), []);
  await readFile(join(alice.home, 'key'));
});
