/** Two newcomers, each on a terminal, follow README.md to the letter. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noTerminal, Screen } from '../tools/screen.ts';
import { type Person, Stage } from '../tools/stage.ts';
import { makeSyncedFolder, readmeCommands } from './readme.ts';

const passphrases = { alice: 'a horse of alice', bob: 'a battery of bob' };

/** Runs a command on a terminal of its own, answering what it asks for; answers all that was shown. */
async function runs(person: Person, args: readonly string[], answers: readonly [asked: RegExp, answer: string][]) {
  await using screen = await Screen.open(person, args);
  for (const [asked, answer] of answers) {
    await screen.untilView(asked);
    await screen.enter(answer);
  }
  const text = await screen.until(/\[exit \d+\]/);
  assert.match(text, /\[exit 0\]/, text);
  return text;
}

/** The safety number as `/verify` shows it. */
async function safetyNumber(screen: Screen): Promise<string> {
  await screen.enter('/verify');
  const text = await screen.untilView(/(\d{5} \d{5} \d{5} \d{5}\D+){3}/);
  return (text.match(/\b\d{5}\b/g) ?? []).join(' ');
}

test('with only the terminal: two homes, an invite, a PIN by voice, and both talk in a chat that fills it', {
  skip: noTerminal,
  timeout: 120_000,
}, async () => {
  await using stage = await Stage.make();
  await makeSyncedFolder(stage);
  const [initAlice, invite, initBob, join, send, listen, chat] = readmeCommands(stage, 'A shared folder');
  const [chatBob] = readmeCommands(stage, 'In the terminal, in the browser');
  assert.ok(initAlice && invite && initBob && join && send && listen && chat && chatBob);
  const [alice, bob] = [stage.person('alice'), stage.person('bob')];

  for (const [person, args, passphrase] of [
    [alice, initAlice, passphrases.alice],
    [bob, initBob, passphrases.bob],
  ] as const) {
    await runs(person, args, [
      [/New passphrase:/, passphrase],
      [/Once more:/, passphrase],
    ]);
  }
  const shown = await runs(alice, invite, [[/passphrase:/, passphrases.alice]]);
  const [, pin = ''] = /^PIN: (\d{3} \d{3})$/m.exec(shown) ?? [];
  await runs(bob, join, [
    [/passphrase:/, passphrases.bob],
    [/PIN that alice told you:/, pin],
  ]);
  await runs(bob, send, [[/passphrase:/, passphrases.bob]]);

  await using left = await Screen.open(alice, chatBob);
  await left.untilView(/passphrase:/);
  await left.enter(passphrases.alice);
  await left.untilView(/bob {2}See you at eight/);
  await using right = await Screen.open(bob, chat);
  await right.untilView(/passphrase:/);
  await right.enter(passphrases.bob);
  await right.untilView(/Talking with alice/);
  await left.enter('I shall be there');
  await right.untilView(/alice {2}I shall be there/);
  await left.untilView(/I shall be there ✓✓/);
  assert.equal(await safetyNumber(left), await safetyNumber(right));
  for (const screen of [left, right]) {
    await screen.press('C-d');
    await screen.until(/\[exit 0\]/);
  }
  await using listener = await Screen.open(bob, listen);
  await listener.untilView(/passphrase:/);
  await listener.enter(passphrases.bob);
  await runs(alice, ['send', 'bob', 'one more'], [[/passphrase:/, passphrases.alice]]);
  await listener.untilView(/one more/);
  await listener.press('C-c');
  await listener.until(/\[exit 130\]/);
});
