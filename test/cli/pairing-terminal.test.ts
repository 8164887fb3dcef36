/** Pairing on a real terminal: what is asked, what is not shown, QR codes, and the chat before and after. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { encode } from 'uqr';
import { qrLines } from '../../client/cli/qr.ts';
import { expectEnd, type Invited, invites, joins, newcomer, settle, verificationOf } from '../tools/invited.ts';
import { noTerminal, Screen } from '../tools/screen.ts';
import { type Pair, Stage } from '../tools/stage.ts';

const skip = noTerminal;

let stage: Stage;
before(async () => {
  stage = await Stage.make();
});
after(() => stage[Symbol.asyncDispose]());

let drops = 0;

async function invited(): Promise<Pair & { invited: Invited }> {
  const [alice, bob] = [await newcomer(stage, 'alice'), await newcomer(stage, 'bob')];
  const place = ['--as', 'a', '--drop', `folder:${stage.path(`drop-${drops++}`)}`];
  return { alice, bob, invited: await invites(alice, 'bob', ...place) };
}

async function paired(): Promise<Pair> {
  const { alice, bob, invited: one } = await invited();
  await expectEnd(joins(bob, one, one.pin), 0, /Joined alice/);
  await settle(alice, bob);
  return { alice, bob };
}

describe('pairing on a terminal', { concurrency: 3 }, () => {
  test('join asks for invite, consent and PIN, and shows neither of the secrets', { skip }, async () => {
    const { alice, bob, invited: one } = await invited();
    await using no = await Screen.open(bob, ['join', one.file]);
    await no.until(/It is a folder on this machine.*\nUse it\? \[y\/N\]/s);
    await no.press('Enter');
    await no.until(/Nothing was changed(.*\n)+\[exit 2\]/);

    await using screen = await Screen.open(bob, ['join']);
    await screen.until(/Paste the invite:/);
    await screen.enter(one.invite);
    await screen.until(/Use it\? \[y\/N\]/);
    await screen.enter('y');
    await screen.until(/PIN that alice told you:/);
    await screen.enter(one.pin);
    const shown = await screen.until(/Joined alice(.*\n)*\[exit 0\]/);
    assert.ok(!shown.includes(one.pin) && !shown.includes('btr1-'), shown);
    await expectEnd(alice.run(['listen', '--once']), 0, /bob has joined/);
  });

  test('verify draws the code, asks, and remembers a yes', { skip }, async () => {
    const { alice, bob } = await paired();
    await using no = await Screen.open(alice, ['verify']);
    const text = await no.until(/Do they match\? \[y\/N\]/);
    assert.match(text, /^(\d{5} ){3}\d{5}$/m);
    assert.match(text, /[█▀▄]{5}/);
    await no.enter('n');
    await no.until(/Not verified\. Where they differ(.*\n)+\[exit 0\]/);
    assert.equal((await verificationOf(alice)).verified, false);
    await using yes = await Screen.open(alice, ['verify']);
    await yes.until(/Do they match\?/);
    await yes.enter('y');
    await yes.until(/bob is verified(.*\n)*\[exit 0\]/);
    assert.equal((await verificationOf(alice)).verified, true);
    assert.equal((await verificationOf(bob)).verified, false);
  });

  test('invite --qr draws the code where it fits', { skip }, async () => {
    const { alice } = await invited();
    await using screen = await Screen.open(alice, ['invite', 'bob', '--qr']);
    const text = await screen.until(/\[exit 0\]/);
    assert.match(text, /[█▀▄]{8}/);
    assert.match(text, /PIN: \d{3} \d{3}/);
  });

  test('a chat begins before the buddy has joined, and shows the safety number', { skip }, async () => {
    const { alice, bob, invited: one } = await invited();
    await using screen = await Screen.open(alice, ['chat', '--line']);
    await screen.until(/What you write waits\. Kept until bob has joined\./);
    await screen.enter('first words');
    await screen.until(/> first words\n(.*\n)*.*Kept until bob has joined\./);
    await screen.enter('/verify');
    await screen.until(/Nobody has joined bob yet/);
    await expectEnd(joins(bob, one, one.pin), 0, /Joined alice/);
    await screen.until(/bob has joined\./);
    assert.deepEqual((await bob.run(['listen', '--count', '1', '--timeout', '30'])).lines, ['first words']);
    await screen.enter('/verify');
    await screen.until(/It matches: \/verify yes/);
    await screen.enter('/verify yes');
    await screen.until(/You have compared it\./);
    await screen.enter('/who');
    await screen.until(/joined, verified/);
    await screen.enter('/quit');
    await screen.until(/\[exit 0\]/);
  });
});

test('a drawn code has every module of the code, with a border of four', () => {
  const { data, size } = encode('btr', { border: 4 });
  for (const inked of [true, false]) {
    const lines = qrLines(data, inked);
    assert.equal(lines.length, Math.ceil(size / 2));
    for (let row = 0; row < size; row++) {
      const marks = row % 2 === 0 ? '█▀' : '█▄';
      const drawn = [...(lines[row >> 1] ?? '')].map((character) => marks.includes(character) === inked);
      assert.deepEqual(drawn, data[row], `row ${row}`);
    }
  }
  assert.ok(
    data
      .slice(0, 4)
      .flat()
      .every((dark) => !dark),
  );
});
