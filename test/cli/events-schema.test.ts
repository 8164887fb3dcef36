/** Every command with --json: stdout holds nothing but events of docs/events.schema.json, and every event is seen. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { openDrop } from '../../client/messenger/index.ts';
import type { JsonEvent } from '../tools/btr.ts';
import { eventNames } from '../tools/events-schema.ts';
import { newcomer } from '../tools/invited.ts';
import { commandNames, JsonRuns } from '../tools/json-runs.ts';
import { type Person, pin, Stage } from '../tools/stage.ts';

const runs = new JsonRuns();
let stage: Stage;
before(async () => {
  stage = await Stage.make();
});
after(() => stage[Symbol.asyncDispose]());

/** Not run here, and why: their own tests read their events, and hold them against the schema as every test does. */
const elsewhere = new Map([
  ['deploy', 'makes a stack: test/cli/deploy.test.ts, test/synth/deploy.test.ts'],
  ['destroy', 'takes one away: test/cli/destroy.test.ts'],
  ['demo', 'takes its time: test/demo.test.ts'],
  ['agent', 'answers btr unlock alone, which reads it'],
  ['help', 'is for people'],
  ['complete', 'answers the completion scripts alone, in lines'],
  ['web', 'runs until it is ended: test/web/server.test.ts'],
  ['daemon', 'test/daemon/daemon.test.ts'],
  ['rpc', 'prints answers as JSON, which are no events: docs/rpc.md'],
]);
const unseen = new Map([
  ['plan', 'test/cli/deploy.test.ts'],
  ['deployed', 'test/synth/deploy.test.ts'],
  ['undelivered', 'test/cli/destroy.test.ts'],
  ['destroyed', 'test/cli/destroy.test.ts'],
  ['key', 'test/cli/own-key.test.ts, test/cli/buddy-keys.test.ts'],
  ['web', 'test/web/server.test.ts'],
  ['keys-deleted', 'test/cli/buddy-keys.test.ts'],
]);

function named(events: readonly JsonEvent[]): string[] {
  return [...new Set(events.map(({ event, state }) => (event === 'status' ? `${event} ${state}` : String(event))))];
}

function field(events: readonly JsonEvent[], event: string, name: string): string {
  return String(events.find((one) => one.event === event)?.[name]);
}

/** A body that nobody's key made, on its way from this side. */
async function leaveStranger(from: Person): Promise<void> {
  const { drop: address, role } = await from.within((messenger) => messenger.channel('bob'));
  const drop = await openDrop(address, { role, style: 'btr' });
  await drop.leave([{ to: 'all', body: randomBytes(768).toString('base64url') }]);
  await drop.close();
}

describe('events', { concurrency: 2 }, () => {
  test('events: a home and what locks it', async () => {
    const carol = stage.person('carol', { BTR_PASSPHRASE: 'a long enough secret' });
    assert.deepEqual(named(await runs.of(carol, ['init', '--name', 'carol'])), ['home']);
    assert.deepEqual(named(await runs.of(carol, ['identity', 'show'])), ['identity']);
    assert.deepEqual(named(await runs.of(carol, ['unlock', '--for', '5m'])), ['unlocked']);
    assert.deepEqual(named(await runs.of(carol, ['lock'])), ['locked']);
    const wrong = { env: { BTR_PASSPHRASE: 'another secret' } };
    assert.equal(field(await runs.of(carol, ['identity', 'show'], 3, wrong), 'error', 'code'), 'wrong-passphrase');
    assert.deepEqual(named(await runs.of(carol, ['passphrase', '--no-passphrase'])), ['home']);
    assert.deepEqual(await runs.of(carol, ['channel', 'list']), []);
    const drop = ['--drop', `folder:${stage.path('drop-carol')}`];
    const add = [
      'channel',
      'add',
      'dan',
      '--as',
      'a',
      '--suite',
      'fernet',
      '--key-file',
      stage.path('dan.key'),
      ...drop,
    ];
    const added = await runs.of(carol, add, 0, { env: { BTR_PIN: pin } });
    assert.deepEqual(named(added), ['key-file', 'channel', 'notice']);
    assert.deepEqual(named(await runs.of(carol, ['channel', 'remove', 'dan'], 2)), ['error']);
    assert.deepEqual(named(await runs.of(carol, ['channel', 'remove', 'dan', '--yes'])), ['removed']);
    assert.deepEqual(named(await runs.of(carol, ['wipe', '--all', '--yes'])), ['wiped']);
    assert.equal(field(await runs.of(carol, ['history'], 3), 'error', 'code'), 'no-home');
    assert.deepEqual(named(await runs.of(stage, ['completion', 'bash'])), ['completion']);
    assert.equal(field(await runs.of(stage, ['send', '--colour'], 2), 'error', 'code'), 'usage');
    assert.deepEqual(named(await runs.of(stage, ['--version'])), ['version']);
  });

  test('events: an invite, joining by it, and the number to compare', async () => {
    const [alice, bob] = await Promise.all([newcomer(stage, 'alice'), newcomer(stage, 'bob')]);
    const first = await runs.of(alice, ['invite', 'bob', '--as', 'a', '--drop', `folder:${stage.path('drop-invite')}`]);
    assert.deepEqual(named(first), ['channel', 'invite']);
    const out = stage.path('invite.txt');
    assert.equal(field(await runs.of(alice, ['invite', 'bob', '--out', out]), 'invite', 'path'), out);
    assert.deepEqual(named(await runs.of(alice, ['invite', 'bob', '--cancel'])), ['invite-cancelled']);
    const made = await runs.of(alice, ['invite', 'bob']);
    const env = { BTR_PIN: field(made, 'invite', 'pin') };
    const input = field(made, 'invite', 'invite');
    assert.equal(named(await runs.of(bob, ['join', '-', '--yes'], 0, { env, input })).at(-1), 'joined');
    assert.deepEqual(named(await runs.of(alice, ['listen', '--once'])), ['notice']);
    await runs.of(bob, ['listen', '--once']);
    assert.deepEqual(named(await runs.of(alice, ['verify', '--yes'])), ['verification']);
    const [shown] = await runs.of(alice, ['channel', 'show']);
    const pairing = { state: 'paired', paired: true, verified: true, changed: false, expiresAt: null };
    assert.deepEqual(shown?.pairing, pairing);
    assert.equal(field(await runs.of(alice, ['channel', 'rotate-key'], 3), 'error', 'event'), 'error');
  });

  test('events: messages and files, what became of them, and the history', async () => {
    const { alice, bob } = await stage.folderPair();
    const big = stage.path('big.bin');
    await writeFile(big, randomBytes(3_000_000));
    const sent = await runs.of(alice, ['send', 'bob', 'hello', '--file', big]);
    assert.deepEqual(named(sent).sort(), ['progress', 'status queued', 'status sent']);
    const got = await runs.of(bob, ['listen', '--once', '--files', stage.path('inbox')]);
    assert.deepEqual(named(got), ['message', 'progress', 'file']);
    const id = field(got, 'file', 'id');
    assert.equal(
      field(await runs.of(bob, ['get', id.slice(0, 8), '--out', stage.path('again')]), 'saved', 'id'),
      id.slice(0, 8),
    );
    assert.deepEqual(named(await runs.of(alice, ['listen', '--once'])), ['status delivered']);
    assert.deepEqual(named(await runs.of(bob, ['files'])), ['file-state']);
    assert.equal(field(await runs.of(alice, ['files', '--recall', id]), 'file-state', 'state'), 'recalled');
    await runs.of(alice, ['channel', 'set', '--timer', '1h']);
    await runs.of(alice, ['send', 'bob', 'gone soon', '--wait', '0.01'], 6);
    const exec = ['listen', '--once', '--exec', 'cat; echo "{not an event}"'];
    assert.deepEqual(named(await runs.of(bob, exec)), ['notice', 'message']);
    await runs.of(alice, ['send', 'bob', 'refused']);
    assert.equal(
      field(await runs.of(bob, ['listen', '--once', '--exec', 'exit 1'], 1), 'error', 'code'),
      'exec-failed',
    );
    assert.deepEqual(named(await runs.of(bob, ['listen', '--count', '5', '--timeout', '1'], 6)), ['message', 'error']);
    assert.deepEqual(named(await runs.of(alice, ['history'])), ['message', 'file']);
    assert.equal((await runs.of(alice, ['export'])).length, 4);
    assert.deepEqual(named(await runs.of(alice, ['export', '--out', stage.path('bob.txt')])), ['exported']);
    const typed = await runs.of(alice, ['chat', 'bob'], 0, { input: 'one\n//two\n/who\n/nonsense\n/quit\n' });
    assert.ok(
      named(typed).every((name) => name.startsWith('status')),
      named(typed).join(),
    );
    assert.deepEqual(named(await runs.of(alice, ['wipe', 'bob', '--yes'])), ['wiped']);
    const live = bob.start(['listen', '--json']);
    await live.until(({ events }) => events.some(({ text }) => text === '/two'), 'the last message came');
    const ended = await live.kill('SIGINT');
    assert.equal(ended.code, 130);
    assert.deepEqual(named(runs.take(['listen'], ended)), ['message']);
  });

  test('events: drops, moving, roles, and what doctor sees', async () => {
    const { alice, bob } = await stage.folderPair();
    const second = `folder:${stage.path('drop-second')}`;
    assert.deepEqual(named(await runs.of(alice, ['drop', 'list'])), ['drop']);
    const added = await runs.of(alice, ['drop', 'add', 'bob', second]);
    assert.ok(added.some(({ event }) => event === 'drop-added'));
    assert.deepEqual(named(await runs.of(alice, ['drop', 'use', 'bob', 'all'])), ['drop']);
    assert.ok(named(await runs.of(alice, ['drop', 'test', 'bob'])).includes('finding'));
    assert.ok((await runs.of(alice, ['doctor'])).some(({ drop }) => drop !== undefined));
    const offered = await runs.of(bob, ['listen', '--once']);
    assert.deepEqual(named(offered), ['notice']);
    assert.deepEqual(named(await runs.of(bob, ['drop', 'list'])), ['drop']);
    const removed = await runs.of(alice, ['drop', 'remove', 'bob', field(added, 'drop-added', 'id'), '--force']);
    assert.ok(named(removed).includes('drop-removed'));
    await runs.of(alice, ['drop', 'import', 'bob', stage.path('none.csv')], 3);
    assert.deepEqual(named(await runs.of(alice, ['expire'])), ['expired']);
    const { alice: mover } = await stage.folderPair();
    assert.ok(named(await runs.of(mover, ['channel', 'set', '--drop', second])).includes('moved'));
    assert.deepEqual(named(await runs.of(mover, ['swap'])), ['swapped']);
    assert.equal(
      field(await runs.of(mover, ['drop', 'add', 'bob', 'folder:/dev/null/none'], 4), 'error', 'event'),
      'error',
    );
  });

  test('events: a body that does not belong there, and what the cloud was asked', async () => {
    const { alice, bob } = await stage.folderPair();
    await runs.of(alice, ['send', 'first']);
    await runs.of(bob, ['listen', '--once']);
    await leaveStranger(alice);
    assert.deepEqual(named(await runs.of(bob, ['listen', '--once'], 5)), ['notice', 'error']);

    const { alice: payer } = await stage.cloudPair();
    await runs.of(payer, ['send', 'something']);
    const costs = await runs.of(payer, ['cost']);
    assert.equal(costs.length, 2);
    assert.ok(costs.some(({ dollars }) => Number(dollars) > 0));
    const cloud = stage.start(['cloud', '--port', '0', '--json']);
    await cloud.until(({ events }) => events.length > 0, 'it listens');
    const ended = await cloud.kill('SIGINT');
    assert.equal(ended.code, 130);
    assert.deepEqual(named(runs.take(['cloud'], ended)), ['cloud']);
  });
});

test('events: no command and no event is left out', () => {
  assert.deepEqual(
    commandNames().filter((name) => !runs.commands.has(name) && !elsewhere.has(name)),
    [],
    'commands that no test ran',
  );
  assert.deepEqual(
    eventNames.filter((name) => !runs.events.has(name) && !unseen.has(name)),
    [],
    'events that nobody saw',
  );
});
