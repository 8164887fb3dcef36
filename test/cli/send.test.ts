/** `btr send` and `btr listen`, as somebody at a shell uses them: addressing, stdin, limits, what each flag does. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { eventsOf, textsOf } from '../tools/btr.ts';
import { Stage } from '../tools/stage.ts';

let stage: Stage;
before(async () => {
  stage = await Stage.make();
});
after(() => stage[Symbol.asyncDispose]());

// Processes wait for one another most of the time, so several tests go side by side.
describe('send and listen', { concurrency: 2 }, () => {
  test('words after the channel are the text, and the channel may be left out where there is just one', async () => {
    const { alice, bob } = await stage.folderPair();
    const sends: readonly (readonly [string[], string])[] = [
      [['bob', 'See', 'you', 'at  eight'], 'See you at  eight'],
      [['no channel', 'has that name'], 'no channel has that name'],
      [['--to', 'bob', 'bob', 'is all text'], 'bob is all text'],
      [['--', 'bob', 'is text here'], 'bob is text here'],
      [['bob', '--', '--odd', 'text'], '--odd text'],
      [['bob', '--', 'bob', '-'], 'bob -'],
      [['bob', '-', 'is no stdin with more words'], '- is no stdin with more words'],
      [['--', '-e'], '-e'],
    ];
    for (const [args] of sends) {
      const { code, stdout, stderr } = await alice.run(['send', ...args], { input: 'not read' });
      assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: '', stderr: '' }, args.join(' '));
    }
    assert.deepEqual(
      await bob.listens(),
      sends.map(([, text]) => text),
    );
  });

  test('with two channels one of them has to be named', async () => {
    const { alice } = await stage.folderPair();
    const second = `folder:${stage.path('second')}`;
    const add = ['channel', 'add', 'carol', '--as', 'a', '--drop', second, '--suite', 'fernet'];
    assert.equal((await alice.run(add, { env: { BTR_PIN: 'abcd' } })).code, 0);
    const { code, stderr } = await alice.run(['send', 'hello']);
    assert.equal(code, 2);
    assert.equal(stderr, 'btr: Which channel?\nName one of: bob, carol\n');
    assert.equal((await alice.run(['send', 'carol', 'hello'])).code, 0);
    const eve = await alice.run(['send', '--to', 'eve', 'hello']);
    assert.equal(eve.code, 3);
    assert.match(eve.stderr, /no channel "eve"/);
  });

  test('each line of stdin is a message; --whole makes all of it one; - names it', async () => {
    const { alice, bob } = await stage.folderPair();
    const lines = await alice.run(['send', 'bob'], { input: 'one\r\n\ntwo: äöü 你好 🔑\nlast without an end' });
    assert.equal(lines.code, 0);
    assert.equal(lines.stderr, '1 empty line was not sent; --whole keeps them.\n');
    assert.equal((await alice.run(['send', '--whole'], { input: 'a letter\n\nof lines\n' })).code, 0);
    assert.equal((await alice.run(['send', 'bob', '-'], { input: 'dash\n' })).code, 0);
    assert.equal((await alice.run(['send'], { input: '' })).code, 0);
    const { stdout } = await bob.run(['listen', '--once', '--json']);
    assert.deepEqual(textsOf(eventsOf(stdout)), [
      'one',
      'two: äöü 你好 🔑',
      'last without an end',
      'a letter\n\nof lines\n',
      'dash',
    ]);
  });

  test('lines go out while stdin is still open', async () => {
    const { alice, bob } = await stage.folderPair();
    const listening = bob.start(['listen', '--count', '2']);
    const sending = alice.start(['send', 'bob'], { input: 'open' });
    sending.child.stdin.write('first\n');
    await listening.untilText(/first/);
    sending.child.stdin.end('second\n');
    assert.equal((await sending.ended).code, 0);
    assert.deepEqual((await listening.ended).lines, ['first', 'second']);
  });

  test('odd texts arrive as they are: NUL, control characters, 10 MB in a line', async () => {
    const { alice, bob } = await stage.folderPair();
    const odd = 'a\u0000b \u001b[2J \u0007';
    const long = 'x'.repeat(10_000_000);
    assert.equal((await alice.run(['send', 'bob'], { input: `${odd}\n${long}\nlast\n` })).code, 0);
    const { stdout } = await bob.run(['listen', '--once', '--json']);
    const texts = textsOf(eventsOf(stdout));
    assert.equal(texts[0], odd);
    assert.ok(texts[1] === long, 'the long line is another');
    assert.equal(texts[2], 'last');
  });

  test('what is no text is refused by its line, and the lines before it are sent', async () => {
    const { alice, bob } = await stage.folderPair();
    const input = Buffer.from('fine\nnot \xff\xfe text\nnever reached\n', 'latin1');
    const bad = await alice.run(['send', 'bob'], { input });
    assert.equal(bad.code, 2);
    assert.match(bad.stderr, /^btr: Line 2 of stdin is not UTF-8 text\.\n.*before it were sent.*--file -\n$/);
    const whole = await alice.run(['send', 'bob', '--whole'], { input });
    assert.equal(whole.code, 2);
    assert.match(whole.stderr, /^btr: stdin is not UTF-8 text/);
    assert.deepEqual(await bob.listens(), ['fine']);
  });

  test('an empty message is refused, and one that is too large says what to do', async () => {
    const { alice, bob } = await stage.folderPair();
    for (const args of [
      ['send', ''],
      ['send', 'bob', ''],
      ['send', '--to', 'bob', ''],
      ['send', '--whole'],
    ]) {
      const { code, stderr } = await alice.run(args, { input: '' });
      assert.equal(code, 2, args.join(' '));
      assert.match(stderr, /^btr: An empty message is not sent\.\nWrite something\.\n$/);
    }
    const large = await alice.run(['send', '--whole', '--json'], { input: 'x'.repeat(48 * 1024 * 1024 + 1) });
    assert.equal(large.code, 2);
    const [error] = eventsOf(large.stdout);
    assert.equal(error?.code, 'message-too-large');
    assert.match(String(error?.hint), /--file/);
    assert.deepEqual(await bob.listens(), []);
  });

  test('--wait ends when the buddy has it, or with code 6; what comes meanwhile is left for btr listen', async () => {
    const { alice, bob } = await stage.folderPair();
    const late = await alice.run(['send', 'bob', 'is anybody there', '--wait', '0.1']);
    assert.equal(late.code, 6);
    assert.match(late.stderr, /did not acknowledge it in time\.\nNothing is lost/);
    const listening = bob.start(['listen', '--json']);
    await listening.untilText(/is anybody there/);
    assert.equal((await bob.run(['send', 'alice', 'from bob'])).code, 0);
    const prompt = await alice.run(['send', 'bob', 'now?', '--wait', '60', '--json']);
    assert.equal(prompt.code, 0);
    const events = eventsOf(prompt.stdout).filter(({ state }) => state === 'delivered');
    assert.equal(events.length, 2, 'both messages were delivered');
    await listening.kill('SIGINT');
    assert.deepEqual(await alice.listens(), ['from bob']);
  });

  test('--json tells what becomes of a message, in the forms that are promised', async () => {
    const { alice, bob } = await stage.folderPair();
    const sent = eventsOf((await alice.run(['send', 'bob', 'hello', '--json'])).stdout);
    const id = sent[0]?.id;
    assert.match(String(id), /^[0-9a-f]{32}$/);
    assert.deepEqual(sent, [
      { event: 'status', channel: 'bob', id, state: 'queued' },
      { event: 'status', channel: 'bob', id, state: 'sent' },
    ]);
    const [received, ...none] = eventsOf((await bob.run(['listen', '--once', '--json'])).stdout);
    assert.deepEqual(none, []);
    assert.ok(received);
    const { sentAt, receivedAt, ...rest } = received;
    assert.deepEqual(rest, { event: 'message', channel: 'alice', id, seq: 1, from: 'alice', text: 'hello' });
    for (const time of [sentAt, receivedAt]) assert.match(String(time), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.deepEqual(eventsOf((await bob.run(['history', '--json'])).stdout), [received]);
    const [status] = eventsOf((await alice.run(['listen', '--once', '--json'])).stdout);
    assert.deepEqual(status, { event: 'status', channel: 'bob', id, state: 'delivered' });
    const [mine] = eventsOf((await alice.run(['history', '--json'])).stdout);
    assert.equal(mine?.state, 'delivered');
    assert.equal(mine?.from, 'alice');
    assert.equal(mine?.receivedAt, null);
  });

  test('flags that are no numbers, durations or pairs are refused before anything happens', async () => {
    const { alice, bob } = await stage.folderPair();
    const calls: readonly (readonly [string[], RegExp])[] = [
      [['send', 'x', '--wait', 'soon'], /"soon" is not a number of seconds/],
      [['send', 'x', '--wait', '-1'], /argument|number/],
      [['send', '--file', 'x', '--ttl', '5'], /"5" is not a duration.*\n.*90s, 10m, 1h, 7d/],
      [['send', '-', '--file', '-'], /stdin can be the text or a file, not both/],
      [['send', '--message', 'x'], /Unknown option '--message'/],
      [['listen', '--count', '0'], /"0" is not a whole number above 0/],
      [['listen', '--count', '1.5'], /"1.5" is not a whole number/],
      [['listen', '--timeout', 'x'], /"x" is not a number of seconds/],
      [['listen', 'bob', 'extra'], /Too many arguments/],
      [['history', '--last', 'few'], /"few" is not a whole number/],
    ];
    for (const [args, pattern] of calls) {
      const { code, stdout, stderr } = await alice.run(args);
      assert.equal(code, 2, args.join(' '));
      assert.equal(stdout, '');
      assert.match(stderr, pattern);
    }
    assert.deepEqual(await bob.listens(), []);
  });
});
