/** On a real terminal: prompts without echo, the chat in lines while messages arrive, hostile text, the demo's own chat. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { noTerminal, Screen } from '../tools/screen.ts';
import { pin, Stage } from '../tools/stage.ts';

const skip = noTerminal;

let stage: Stage;
before(async () => {
  stage = await Stage.make();
});
after(() => stage[Symbol.asyncDispose]());

// Processes wait for one another most of the time, so several tests go side by side.
describe('on a terminal', { concurrency: 3 }, () => {
  test('a passphrase is asked for twice, a PIN once, and neither is shown', { skip }, async () => {
    const person = stage.person('asked');
    await using differs = await Screen.open(person, ['init']);
    await differs.until(/New passphrase:/);
    await differs.enter('first secret');
    await differs.until(/Once more:/);
    await differs.enter('another secret');
    assert.doesNotMatch(await differs.until(/were not the same(.*\n)+\[exit 3\]/), /secret/);

    await using screen = await Screen.open(person, ['init']);
    await screen.until(/New passphrase:/);
    await screen.type('first secrex');
    await screen.press('BSpace');
    await screen.enter('t');
    await screen.until(/Once more:/);
    await screen.enter('first secret');
    assert.doesNotMatch(await screen.until(/Made a home(.*\n)+\[exit 0\]/), /first|secre/);

    const env = { BTR_PASSPHRASE: 'first secret' };
    await using adding = await Screen.open(
      person,
      ['channel', 'add', 'bob', '--as', 'a', '--drop', `folder:${stage.path('asked')}`, '--suite', 'fernet'],
      env,
    );
    await adding.until(/PIN that you and your buddy agreed on:/);
    await adding.enter(pin);
    assert.ok(!(await adding.until(/\[exit 0\]/)).includes(pin));

    for (const key of ['C-c', 'C-d']) {
      await using left = await Screen.open(person, ['channel', 'list']);
      await left.until(/passphrase:/);
      await left.press(key);
      await left.until(/\[exit 130\]/);
    }
  });

  test('what can not be undone is asked for', { skip }, async () => {
    const { alice } = await stage.folderPair();
    await alice.run(['send', 'remember this']);
    await using no = await Screen.open(alice, ['wipe', 'bob']);
    await no.until(/\[y\/N\]/);
    await no.press('Enter');
    await no.until(/Nothing was changed(.*\n)+\[exit 2\]/);
    assert.equal((await alice.run(['history'])).lines.length, 1);
    await using yes = await Screen.open(alice, ['wipe', 'bob']);
    await yes.until(/\[y\/N\]/);
    await yes.enter('y');
    await yes.until(/\[exit 0\]/);
    assert.equal((await alice.run(['history'])).stdout, '');
  });

  test('messages that arrive while one types stand above the line that is being typed', { skip }, async () => {
    const { alice, bob } = await stage.folderPair();
    await using screen = await Screen.open(alice, ['chat', '--line']);
    await screen.until(/Talking with bob\./);
    await screen.type('half a sent');
    await screen.until(/> half a sent/);
    await bob.run(['send', 'meanwhile']);
    await screen.until(/bob {2}meanwhile\n> half a sent$/);
    await screen.enter('ence');
    assert.deepEqual((await bob.run(['listen', '--count', '1'])).lines, ['half a sentence']);
    const long = `${'long '.repeat(60)}end`;
    await screen.type(long);
    await bob.run(['send', 'over a long line']);
    await screen.until(/bob {2}over a long line/);
    await screen.press('Enter');
    assert.deepEqual((await bob.run(['listen', '--count', '1'])).lines, [long]);
    const shown = await screen.text();
    assert.equal(shown.match(/meanwhile/g)?.length, 1, shown);
  });

  test('control characters of others are shown, not obeyed', { skip }, async () => {
    const { alice, bob } = await stage.folderPair();
    await using screen = await Screen.open(alice, ['chat', '--line']);
    await screen.until(/Talking with bob\./);
    const hostile = '\u001b[2J\u001b[H\u001b]0;owned\u0007gone?\rfake\u001b[31m \u009b2J\u202eevil';
    await bob.run(['send', '--whole', '--', hostile]);
    await bob.run(['send', 'first\n00:00 alice  I never said this']);
    const text = await screen.until(/I never said this/);
    assert.match(text, /Talking with bob\./, 'the screen was cleared');
    assert.match(text, /bob {2}␛\[2J␛\[H␛\]0;owned␇gone\?␍fake␛\[31m <U\+009B>2J<U\+202E>evil/);
    assert.match(text, /\n {6}00:00 alice {2}I never said this/, 'a line of a text looks like a message');
    await writeFile(stage.path('\u001b[7mname'), 'x');
    await bob.run(['send', '--file', '\u001b[7mname']);
    await screen.until(/file ␛\[7mname, 1 B, fetch it with: \/get/);
  });

  test('commands, texts with a slash, many pasted lines, and the ways to leave', { skip }, async () => {
    const { alice, bob } = await stage.folderPair();
    await using screen = await Screen.open(alice, ['chat', 'bob', '--line']);
    await screen.until(/Talking with bob\./);
    await screen.enter('/help');
    const help = await screen.until(/\/\/text +send a text/);
    for (const name of ['/file PATH', '/files', '/get ID', '/who', '/check', '/swap', '/debug', '/quit']) {
      assert.ok(help.includes(name), name);
    }
    await screen.enter('/who');
    await screen.until(/You are alice, role a; the other side is bob\. Suite fernet /);
    await screen.enter('/get');
    await screen.until(/\/get ID: which file\?/);
    await screen.enter('/dance');
    await screen.until(/There is no command \/dance/);
    await screen.enter('/file /nowhere/at/all');
    await screen.until(/nowhere\/at\/all/);
    await screen.enter('/debug');
    await screen.until(/Showing what becomes/);
    await screen.enter('//slashed');
    await screen.until(/[0-9a-f]{8} sent/);
    await screen.type(`${Array.from({ length: 30 }, (_, index) => `pasted ${index}`).join('\r')}\r`);
    await screen.until(/pasted 29/);
    await writeFile(stage.path('note.txt'), 'a note');
    await screen.enter('/file note.txt');
    await screen.until(/note\.txt is sent, id/);
    await screen.press('C-d');
    await screen.until(/\[exit 0\]/);
    const expected = ['/slashed', ...Array.from({ length: 30 }, (_, index) => `pasted ${index}`)];
    const { lines } = await bob.run(['listen', '--count', '32', '--timeout', '60']);
    assert.deepEqual(lines.slice(0, 31), expected);
    assert.match(String(lines[31]), /^file note\.txt, 6 B/);

    for (const [key, code] of [
      ['C-c', 130],
      ['C-d', 0],
    ] as const) {
      await using leaving = await Screen.open(alice, ['chat', 'bob', '--line']);
      await leaving.until(/Talking with bob\.(.*\n)*>/);
      await leaving.type('never finished');
      if (key === 'C-d') await leaving.press('C-u');
      await leaving.press(key);
      await leaving.until(new RegExp(`\\n\\[exit ${code}\\]`));
    }
  });

  test('send reads lines until Ctrl-D, and Ctrl-C leaves listen', { skip }, async () => {
    const { alice, bob } = await stage.folderPair();
    await using sending = await Screen.open(alice, ['send', 'bob']);
    await sending.until(/Each line is a message; Ctrl-D ends\./);
    await sending.enter('typed');
    await sending.press('C-d');
    await sending.until(/\[exit 0\]/);
    await using listening = await Screen.open(bob, ['listen']);
    await listening.until(/\d\d:\d\d alice {2}typed/);
    await listening.press('C-c');
    await listening.until(/\[exit 130\]/);
  });

  test('after btr demo --interactive, /swap makes one the other side, who reads what was said', { skip }, async () => {
    await using screen = await Screen.open(stage, ['demo', '--interactive']);
    await screen.until(/You are alice\. Type lines/);
    await screen.enter('hello bob, it is me');
    await screen.enter('/swap');
    await screen.until(/You are bob now\.(.*\n)*.*alice {2}hello bob, it is me/);
    await screen.enter('hello alice');
    await screen.enter('/swap');
    await screen.until(/You are alice now\.(.*\n)*.*bob {2}hello alice/);
    await screen.enter('/quit');
    await screen.until(/\[exit 0\]/);
  });
});
