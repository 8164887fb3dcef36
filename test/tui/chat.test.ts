/** The chat that fills a real terminal. Text stands in the view, so a test looks at what a person sees. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { noTerminal, Screen } from '../tools/screen.ts';
import { type Pair, Stage } from '../tools/stage.ts';
import { assertRestored } from './restored.ts';

const skip = noTerminal;
const ready = /^> Talking with (bob|alice)\./m;

let stage: Stage;
before(async () => {
  stage = await Stage.make();
});
after(() => stage[Symbol.asyncDispose]());

async function received({ bob }: Pair, count: number): Promise<readonly string[]> {
  return (await bob.run(['listen', '--count', String(count), '--timeout', '60'])).lines;
}

describe('the chat on a terminal', { concurrency: 3 }, () => {
  test('what comes while one types leaves the composer alone; sizes change; marks tell what became of mine', {
    skip,
  }, async () => {
    const pair = await stage.folderPair();
    await using screen = await Screen.open(pair.alice, ['chat']);
    await screen.untilView(ready);
    await screen.type('half a sent');
    await screen.untilView(/^> half a sent$/m);
    await pair.bob.run(['send', 'meanwhile']);
    await screen.untilView(/bob {2}meanwhile(.*\n)+> half a sent\n/);
    for (const [columns, rows] of [
      [20, 10],
      [200, 50],
      [1, 1],
      [100, 40],
    ] as const) {
      await screen.resize(columns, rows);
      if (columns > 1) await screen.untilView(/meanwhile(.*\n)+> half a sent\n/);
    }
    await screen.untilView(/bob +│.*\n(.*\n)*> half a sent\n/);
    await screen.enter('ence');
    await screen.untilView(/alice {2}half a sentence ✓/);
    assert.deepEqual(await received(pair, 1), ['half a sentence']);
    await screen.untilView(/alice {2}half a sentence ✓✓/);
    await screen.press('Up', 'C-w', 'C-u');
    await screen.untilView(ready);
    await screen.press('C-c');
    await screen.until(/\[exit 130\]/);
    await assertRestored(screen);
  });

  test('500 pasted lines are one message', { skip }, async () => {
    const pair = await stage.folderPair();
    await using screen = await Screen.open(pair.alice, ['chat']);
    await screen.untilView(ready);
    const lines = Array.from({ length: 500 }, (_, index) => `pasted ${index}`);
    await screen.paste(lines.join('\n'));
    await screen.untilView(/pasted 499/);
    await screen.press('C-j');
    await screen.enter('and typed');
    await screen.untilView(/and typed ✓/);
    await screen.press('C-d');
    await screen.until(/\[exit 0\]/);
    const { stdout } = await pair.bob.run(['listen', '--count', '1', '--json']);
    const texts = stdout.split('\n').filter((line) => line.includes('"message"'));
    assert.deepEqual(
      texts.map((line) => JSON.parse(line).text),
      [`${lines.join('\n')}\nand typed`],
    );
  });

  test('commands, completion, files both ways with progress, and an export', { skip }, async () => {
    const pair = await stage.folderPair();
    await writeFile(stage.path('large file.bin'), new Uint8Array(2_000_000));
    await writeFile(stage.path('his.txt'), 'his');
    await pair.bob.run(['send', '--file', 'his.txt']);
    await using screen = await Screen.open(pair.alice, ['chat']);
    const view = await screen.untilView(/file his\.txt, 3 B, \/get [0-9a-f]{8}/);
    const [, id = ''] = /\/get ([0-9a-f]{8})/.exec(view) ?? [];
    await screen.enter('/help');
    for (const name of ['swap', 'file', 'get', 'verify', 'export', 'timer', 'drop', 'switch', 'quit']) {
      await screen.untilView(new RegExp(`/${name} `));
    }
    await screen.type('/fi');
    await screen.press('Tab');
    await screen.untilView(/\/file {2}\/files\n(.*\n)+> \/file\n/);
    await screen.type(' lar');
    await screen.press('Tab');
    await screen.untilView(/^> \/file large file\.bin/m);
    await screen.press('Enter');
    await screen.untilView(/large file\.bin is sent, id [0-9a-f]{8}/);
    await screen.type(`/get ${id.slice(0, 4)}`);
    await screen.press('Tab');
    await screen.untilView(new RegExp(`^> /get ${id}`, 'm'));
    await screen.enter('fetched.txt');
    await screen.untilView(/Saved as .*fetched\.txt/);
    await screen.enter('/export html talk.html');
    await screen.untilView(/2 messages are in .*talk\.html/);
    await screen.enter('/get');
    await screen.untilView(/which file\?/);
    await screen.enter('//slashed');
    await screen.untilView(/alice {2}\/slashed ✓/);
    await screen.enter('/quit');
    await screen.until(/\[exit 0\]/);
    await assertRestored(screen);
  });

  test('several channels, each with what nobody has seen, and the history further up', { skip }, async () => {
    const pair = await stage.folderPair();
    const carol = await stage.folderPair();
    await pair.alice.within(async (messenger) => {
      const address = await carol.alice.within((other) => other.channel('bob').drop);
      await messenger.addChannel({ name: 'carol', role: 'a', drop: address, suite: 'fernet', pin: 'a-pin-for-tests' });
    });
    await pair.bob.within(async (messenger) => {
      await messenger.queue(
        'alice',
        Array.from({ length: 300 }, (_, index) => `number ${index}.`),
      );
      await messenger.deliver('alice');
    });
    await using screen = await Screen.open(pair.alice, ['chat', 'carol'], {}, { columns: 80, rows: 20 });
    await screen.untilView(/bob +300 │/);
    await screen.type('for carol');
    await screen.press('C-n');
    await screen.untilView(/bob {2}number 299\.(.*\n)+> Talking with bob/);
    await screen.untilView(/^>bob +│/m);
    await screen.press(...Array.from({ length: 25 }, () => 'PPage'));
    await screen.untilView(/─── new ──+\n.*bob {2}number 0\./);
    await pair.bob.run(['send', 'the newest']);
    await screen.untilView(/bob {2}number 0\.(.*\n)+.*1 new below/);
    await screen.press('C-p');
    await screen.untilView(/> for carol/);
    await screen.press('M-1');
    await screen.untilView(/bob {2}number 0\./);
    await screen.press(...Array.from({ length: 25 }, () => 'NPage'));
    await screen.untilView(/bob {2}the newest/);
    await screen.press('C-d');
    await screen.until(/\[exit 0\]/);
  });

  test('nothing that others send moves the cursor, sets the title, or looks like another line', { skip }, async () => {
    const { alice, bob } = await stage.folderPair();
    await using screen = await Screen.open(alice, ['chat'], {}, { columns: 80, rows: 24 });
    await screen.untilView(ready);
    const hostile = '\u001b[2J\u001b[H\u001b]0;owned\u0007gone?\rfake\u001b[31m \u009b2J\u202eevil\u200b';
    await bob.within(async (messenger) => {
      await messenger.queue('alice', [
        hostile,
        'first\n00:00 alice  I never said this',
        `flood${'\u0335'.repeat(3000)}${'\u{e0041}'.repeat(200)}`,
        `${'w'.repeat(500)}`,
        '👩‍👩‍👧‍👦日本語\ud800 the end',
      ]);
      await messenger.deliver('alice');
    });
    const view = await screen.untilView(/the end/);
    assert.match(view, /␛\[2J␛\[H␛\]0;owned␇gone\?␍fake␛\[31m/);
    assert.match(view, /\n[^\n]*│ {6}00:00 alice {2}I never said this/);
    assert.match(view, /^> Talking with bob/m);
    assert.equal(view.match(/│/g)?.length, 22, view);
    await screen.enter('still here');
    await screen.untilView(/alice {2}still here ✓/);
    assert.doesNotMatch(await screen.ask('#{pane_title}'), /owned/);
  });

  test('without UTF-8 only ASCII is written, on 20 columns as well', { skip }, async () => {
    const pair = await stage.folderPair();
    await pair.bob.run(['send', 'grüß dich \u009b2J']);
    await using screen = await Screen.open(pair.alice, ['chat'], { LC_ALL: 'C' }, { columns: 20, rows: 16 });
    await screen.untilView(/gr\?\? dich/);
    await screen.enter('mine');
    const view = await screen.untilView(/mine >/);
    assert.match(view, /^[\x20-\x7e\n]*$/);
  });

  test('NO_COLOR and --no-color take the colours, and nothing that one has to see', { skip }, async () => {
    const { alice, bob } = await stage.folderPair();
    await alice.run(['send', 'mine']);
    await bob.run(['listen', '--once']);
    const coloured = /\[(\d+;)*[349][0-7][;m]/;
    const cases = [
      { args: ['chat'], env: {}, expected: true },
      { args: ['chat'], env: { NO_COLOR: '1' }, expected: false },
      { args: ['chat', '--no-color'], env: {}, expected: false },
    ];
    for (const { args, env, expected } of cases) {
      await using screen = await Screen.open(alice, args, env);
      await screen.untilView(ready);
      await screen.untilView(/^>bob +│(.*\n)*.*alice {2}mine ✓/m);
      assert.equal(coloured.test(await screen.styledView()), expected, args.join(' '));
    }
  });

  test('a chat that is killed leaves the other side as it was', { skip }, async () => {
    const { alice, bob } = await stage.folderPair();
    await using hers = await Screen.open(alice, ['chat']);
    await using his = await Screen.open(bob, ['chat']);
    await his.untilView(ready);
    await hers.untilView(ready);
    await hers.enter('before');
    await his.untilView(/alice {2}before/);
    await hers.untilView(/before ✓✓/);
    await hers.signal('SIGKILL');
    await his.enter('are you there?');
    await his.untilView(/are you there\? ✓/);
    await using again = await Screen.open(alice, ['chat']);
    await again.untilView(/bob {2}are you there\?/);
    await his.untilView(/are you there\? ✓✓/);
  });
});

test('a swap while a long poll is pending: nobody reads what they wrote', { skip }, async () => {
  const { alice, bob } = await stage.cloudPair();
  await using hers = await Screen.open(alice, ['chat']);
  await hers.untilView(ready);
  await hers.enter('from alice before');
  await hers.untilView(/from alice before ✓/);
  await hers.enter('/swap');
  await hers.untilView(/You are b now\./);
  await hers.enter('from alice after');
  await hers.untilView(/from alice after ✓/);
  await bob.run(['swap']);
  const { lines } = await bob.run(['listen', '--count', '2', '--timeout', '30']);
  assert.deepEqual([...lines].sort(), ['from alice after', 'from alice before']);
  await hers.untilView(/from alice after ✓✓/);
  assert.doesNotMatch(await hers.view(), /bob {2}from alice/);
});
