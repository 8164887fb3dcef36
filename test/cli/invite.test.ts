/** What `btr invite`, `btr join` and `btr verify` refuse, and what each of their options does. */
import assert from 'node:assert/strict';
import { readFile, rename, stat, writeFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { Home } from '../../client/store/home.ts';
import { eventsOf } from '../tools/btr.ts';
import { expectEnd, invites, joins, newcomer, pairingOf, settle, verificationOf } from '../tools/invited.ts';
import { type Pair, type Person, Stage } from '../tools/stage.ts';

let stage: Stage;
before(async () => {
  stage = await Stage.make();
});
after(() => stage[Symbol.asyncDispose]());

let drops = 0;

function place(): string[] {
  return ['--as', 'a', '--drop', `folder:${stage.path(`drop-${drops++}`)}`];
}

async function paired(): Promise<Pair> {
  const [alice, bob] = [await newcomer(stage, 'alice'), await newcomer(stage, 'bob')];
  const invited = await invites(alice, 'bob', ...place());
  await expectEnd(joins(bob, invited, invited.pin), 0, /Joined alice/);
  await settle(alice, bob);
  return { alice, bob };
}

/** As after a body of another identity under the channel's keys. */
async function meetOther({ home: directory }: Person, name: string): Promise<void> {
  const home = await Home.open(directory, undefined);
  home.db.transaction(() => {
    const channel = home.channels.find(name);
    assert.ok(channel?.peer);
    home.channels.update(channel, { peer: { ...channel.peer, changed: true } });
  });
  await home.close();
}

describe('inviting', { concurrency: 3 }, () => {
  test('an invite needs a channel of suite signal, or is told where to make one', async () => {
    const alice = await newcomer(stage, 'alice');
    await expectEnd(
      alice.run(['invite', 'bob']),
      2,
      /^btr: There is no channel "bob" to invite to\.\nSay where its drop is: btr invite bob --as a --drop URI/,
    );
    await expectEnd(alice.run(['invite', 'bob', '--as', 'a']), 2, /^btr: Which drop\?/);
    await expectEnd(alice.run(['invite', 'bob', ...place(), '--for', '14d']), 2, /13 days at most/);
    await expectEnd(alice.run(['invite', 'bob', ...place()]), 2, /There is a channel bob already, and it has its drop/);
    await expectEnd(alice.run(['invite', 'bob', '--for', 'ever']), 2, /"ever" is not a duration/);
    await expectEnd(alice.run(['invite', 'bob', '--with-key']), 3, /kind folder has no keys of its own/);
    const old = ['channel', 'add', 'old', ...place(), '--suite', 'fernet'];
    await expectEnd(alice.run(old, { env: { BTR_PIN: 'abcd' } }), 0, /no forward secrecy.*guess the PIN/);
    await expectEnd(alice.run(['invite', 'old']), 2, /^btr: Suite fernet of channel old knows no invites\./);
    await expectEnd(alice.run(['verify', 'old']), 3, /fernet has no identities/);
    await expectEnd(alice.run(['verify', 'bob']), 3, /Nobody has joined bob yet.*\n.*btr invite bob/);
    await expectEnd(alice.run(['channel', 'rotate-key', 'bob']), 3, /^btr: Nobody has joined bob by an invite/);
    await expectEnd(stage.person('nobody').run(['invite', 'bob']), 3, /There is no home here yet/);
  });

  test('channel add makes a channel for an invite, with no PIN and no key file', async () => {
    const alice = await newcomer(stage, 'alice');
    const add = ['channel', 'add', 'bob', ...place()];
    await expectEnd(alice.run([...add, '--key-file', 'x.key']), 2, /takes no PIN and no key file.*\n.*--suite fernet/);
    const { stdout } = await expectEnd(alice.run([...add, '--json']), 0, /Next: btr invite bob/);
    const pairing = { state: 'none', paired: false, verified: false, changed: false, expiresAt: null };
    const [event] = eventsOf(stdout);
    assert.deepEqual([event?.event, event?.suite, event?.pairing], ['channel', 'signal', pairing]);
    const shown = await alice.run(['channel', 'show']);
    assert.match(shown.stdout, /suite signal \(ratcheted sessions, keys by invite\)/);
    assert.match(shown.stdout, /not joined: btr invite bob/);
    await invites(alice, 'bob');
    assert.match((await alice.run(['channel', 'show'])).stdout, /invite open until \d{4}-/);
    await expectEnd(alice.run(['channel', 'set', '--pin']), 2, /signal has no PIN to set.*\n.*btr invite bob/);
    await expectEnd(alice.run(['send', 'x', '--wait', '0.1']), 6, /Kept until(.*\n)+btr: bob has not joined in time/);
  });

  test('--out writes a new file for its owner alone; --json tells all of it in one event', async () => {
    const alice = await newcomer(stage, 'alice');
    const path = stage.path('bob.invite');
    const { stdout } = await expectEnd(
      alice.run(['invite', 'bob', ...place(), '--out', path]),
      0,
      /^The invite is in .*bob\.invite, for you alone to read\.\nPIN: \d{3} \d{3}\n/m,
      /^$/,
    );
    assert.equal(stdout, '');
    const content = await readFile(path, 'utf8');
    assert.match(content, /^btr1-[A-Za-z0-9_-]+\n$/);
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    const before = await pairingOf(alice);
    await expectEnd(alice.run(['invite', 'bob', '--out', path]), 2, /is there already, and nothing is overwritten/);
    assert.equal(await readFile(path, 'utf8'), content);
    assert.deepEqual(await pairingOf(alice), before, 'the open invite is as it was');

    // A PIN of one's own choice would be a weak one.
    const told = await alice.run(['invite', 'bob', '--json', '--for', '1d'], { env: { BTR_PIN: '123456' } });
    const [event, ...none] = eventsOf(told.stdout);
    assert.deepEqual(none, []);
    const { invite, pin, expiresAt, ...rest } = event ?? {};
    assert.deepEqual(rest, { event: 'invite', channel: 'bob' });
    assert.match(String(invite), /^btr1-/);
    assert.match(String(pin), /^\d{3} \d{3}$/);
    assert.notEqual(pin, '123 456');
    const left = Date.parse(String(expiresAt)) - Date.now();
    assert.ok(left > 0 && left <= 86_400_000, String(expiresAt));
    assert.ok(!told.stderr.includes(String(pin)), 'the PIN is told once');
    await expectEnd(alice.run(['invite', 'bob', '--qr', '-q']), 0, /^PIN: \d{3} \d{3}\n$/, /^btr1-\S+\n$/);
    await expectEnd(alice.run(['invite', 'bob', '--qr']), 0, /drawn on a terminal only/);
  });

  test('what is no invite, too old, of another drop or without a yes is not joined by', async () => {
    const [alice, bob] = [await newcomer(stage, 'alice'), await newcomer(stage, 'bob')];
    const invited = await invites(alice, 'bob', ...place());
    const env = { BTR_PIN: invited.pin };
    const join = (...args: string[]) => bob.run(['join', ...args], { env });
    await expectEnd(join('nowhere'), 3, /^btr: There is no file nowhere\.\nAn invite is a text that begins with btr1-/);
    await expectEnd(join(invited.invite.replace(/.{8}$/, ''), '--yes'), 3, /not whole, or was changed|is no invite/);
    await writeFile(stage.path('letter'), 'no invite');
    await expectEnd(join('letter'), 3, /^btr: This is no invite\./);
    await expectEnd(join(), 3, /^btr: No invite was given\./);
    await expectEnd(join(invited.file), 2, /^btr: This wants a yes\.\n.*--yes/);
    await expectEnd(join(invited.file, '--yes', '--drop', 'aws:tx=a.fifo,rx=b.fifo'), 2, /kind folder.*kind aws/);
    await expectEnd(join(invited.file, '--yes', '--drop', `folder:${stage.path()}`), 4, /is not the drop/);
    await expectEnd(join(invited.file, '--yes', '--name', '../x'), 2, /A name has 1 to 64 letters/);
    await expectEnd(bob.run(['join', invited.file, '--yes']), 3, /^btr: No PIN was given\..*\n.*BTR_PIN or --pin-file/);
    await expectEnd(joins(bob, invited, 'four'), 2, /can be no PIN of an invite\.\n.*did not count as a try/);
    await expectEnd(bob.run(['channel', 'list']), 0, /No channel yet/);
    await expectEnd(stage.person('nobody').run(['join', invited.file]), 3, /There is no home here yet.*\n.*btr init/);

    const expired = await invites(alice, 'bob', '--for', '0.001s');
    await expectEnd(joins(bob, expired, expired.pin), 3, /^btr: This invite was good until .*\nAsk for a new one/);

    const good = await invites(alice, 'bob');
    const wrapped = good.invite.replace(/.{60}/g, '$&\r\n  ');
    await writeFile(stage.path('pin-of-good'), `${good.pin}\n`);
    const args = ['join', '-', '--yes', '--name', 'Alice B.', '--pin-file', stage.path('pin-of-good'), '--json'];
    const { stdout } = await expectEnd(bob.run(args, { input: wrapped }), 0, /Joined Alice B\./);
    const [notice, done] = eventsOf(stdout);
    assert.equal(notice?.code, 'replied');
    const pairing = { state: 'replied', paired: true, verified: false, changed: false, expiresAt: null };
    assert.deepEqual(done, { event: 'joined', channel: 'Alice B.', pairing });
    await expectEnd(alice.run(['listen', '--once']), 0, /bob has joined/);
    await expectEnd(bob.run(['listen', '--once']), 0, /Alice B\. has confirmed/);
    const again = await invites(alice, 'carol', ...place());
    await expectEnd(joins(bob, again, again.pin, '--name', 'Alice B.'), 3, /channel with Alice B\. already/);
  });

  test('a shared folder may lie elsewhere for the one who joins', async () => {
    const [alice, bob] = [await newcomer(stage, 'alice'), await newcomer(stage, 'bob')];
    const [role, side, flag, uri = ''] = place();
    const invited = await invites(alice, 'bob', `${role}`, `${side}`, `${flag}`, uri);
    const path = uri.replace('folder:', '');
    await rename(path, `${path}-moved`);
    await expectEnd(joins(bob, invited, invited.pin), 4, /is not the drop|is not there/);
    const args = ['join', invited.file, '--drop', `folder:${path}-moved`];
    await expectEnd(bob.run(args, { env: { BTR_PIN: invited.pin } }), 0, /Joined alice/);
    await rename(`${path}-moved`, path);
    await expectEnd(alice.run(['listen', '--once']), 0, /bob has joined/);
  });

  test('verify shows number and words and remembers the comparison', async () => {
    const { alice, bob } = await paired();
    const shown = await expectEnd(alice.run(['verify']), 0, /Compare digits or words.*\n.*btr verify bob --yes/);
    const [one, two, three, ...words] = shown.lines;
    for (const line of [one, two, three]) assert.match(String(line), /^\d{5}( \d{5}){3}$/);
    assert.match(words.join(' '), /^[a-z]+( [a-z]+){11}$/);
    assert.deepEqual((await bob.run(['verify'])).lines, shown.lines);
    await expectEnd(alice.run(['verify', 'bob', '--yes']), 0, /Remembered: bob is verified/);
    const { verified, verifiedAt } = await verificationOf(alice);
    assert.deepEqual([verified, Date.parse(String(verifiedAt)) <= Date.now()], [true, true]);
    assert.match((await alice.run(['channel', 'show'])).stdout, /joined, verified\n/);
    assert.match((await bob.run(['channel', 'show'])).stdout, /joined, not verified: btr verify alice/);
    await expectEnd(alice.run(['verify', '--unverify']), 0, /does not count as verified/);
    await expectEnd(alice.run(['verify', '--yes', '--keep']), 2, /at a time/);
    assert.equal((await verificationOf(alice)).verified, false);
    const [hers] = eventsOf((await alice.run(['identity', 'show', '--json'])).stdout);
    assert.equal(hers?.name, 'alice');
    assert.match(String(hers?.publicKey), /^05[0-9a-f]{64}$/);
    const { stdout } = await alice.run(['identity', 'show']);
    assert.equal(stdout.replaceAll(/\s/g, ''), `alice${hers?.publicKey}`);
  });

  test('another identity stops sending with code 5 until its owner has decided', async () => {
    const { alice, bob } = await paired();
    await meetOther(alice, 'bob');
    const { stdout } = await expectEnd(
      alice.run(['send', 'for bob alone', '--json']),
      5,
      /^btr: Somebody who is not the bob you paired with wrote.*\n.*btr verify bob --keep.*--replace/,
    );
    assert.equal(eventsOf(stdout).at(-1)?.code, 'identity-changed');
    assert.match((await alice.run(['channel', 'show'])).stdout, /another identity wrote/);
    await expectEnd(alice.run(['verify']), 0, /so nothing is sent\.\n.*--keep/);
    assert.deepEqual(await bob.listens(), []);
    await expectEnd(alice.run(['verify', '--keep']), 0, /Going on with the bob you paired with/);
    assert.equal((await alice.run(['send', 'and more'])).code, 0);
    assert.deepEqual(await bob.listens(), ['and more']);
  });
});
