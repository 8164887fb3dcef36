/** Who shows a received message, when several processes of one home could. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { createMemoryCloud } from '../../client/drops/memory/cloud.ts';
import { frameKinds } from '../../client/protocol/frames.ts';
import { Home } from '../../client/store/home.ts';
import { Folder, homeWithChannel, type Other, startScript } from './support.ts';

const now = Date.UTC(2026, 0, 1);
const claimTime = 60_000;
/** Says of each message that this process has not claimed it before. */
const nobody = () => false;

interface Place {
  readonly home: Home;
  readonly channel: number;
  /** The texts that this process gets to show. */
  claim(at: number, most?: number): string[];
  /** What another process gets to show; it lives on, and holds its claim, until it is disposed of. */
  claimElsewhere(at: number, most?: number): Promise<{ process: Other; texts: string[] }>;
}

/** A home with these messages received, oldest first, and nobody about to show them. */
async function withMessages(texts: readonly string[], work: (place: Place) => Promise<void> | void): Promise<void> {
  await using folder = await Folder.make();
  const path = folder.join('home');
  const cloud = createMemoryCloud();
  await (await homeWithChannel({ home: path, openDrop: async () => cloud.drop('a') }, 'bob', 'a')).close();
  const home = await Home.open(path, undefined);
  try {
    const [channel] = home.channels.list();
    assert.ok(channel);
    home.db.transaction(() => {
      for (const text of texts) home.messages.add(received(channel.id, text), false);
    });
    await work({
      home,
      channel: channel.id,
      claim: (at, most = 100) => textsOf(home.db.transaction(() => home.messages.claim(channel.id, at, most, nobody))),
      claimElsewhere: async (at, most = 100) => {
        const process = startScript('claim-messages.ts', path, String(at), String(most));
        assert.equal(await process.line(), 'ready');
        await process.say('claim');
        return { process, texts: JSON.parse(await process.line()) };
      },
    });
  } finally {
    home.close();
  }
}

function received(channel: number, text: string) {
  const common = { channel, kind: frameKinds.text, frameId: randomBytes(16), sentAt: now, receivedAt: now };
  return { ...common, content: Buffer.from(text) };
}

function textsOf(messages: readonly { readonly content: Buffer }[]): string[] {
  return messages.map(({ content }) => content.toString());
}

test('claimed once, in order, a page at a time', () =>
  withMessages(['one', 'two', 'three'], async ({ claim, claimElsewhere }) => {
    assert.deepEqual(claim(now, 2), ['one', 'two']);
    const other = await claimElsewhere(now);
    await using _ = other.process;
    assert.equal(other.texts.includes('one') || other.texts.includes('two'), false);
  }));

test('what a living process claimed is its own until its time is over', () =>
  withMessages(['one', 'two'], async ({ claim, claimElsewhere }) => {
    const other = await claimElsewhere(now);
    await using _ = other.process;
    assert.deepEqual(other.texts, ['one', 'two']);
    assert.deepEqual(claim(now + claimTime - 1), []);
    assert.deepEqual(claim(now + claimTime), ['one', 'two']);
  }));

test('what a process claimed that died is free at once', () =>
  withMessages(['one', 'two'], async ({ claim, claimElsewhere }) => {
    const other = await claimElsewhere(now);
    assert.deepEqual(other.texts, ['one', 'two']);
    await other.process.kill();
    assert.deepEqual(claim(now), ['one', 'two']);
  }));

test('a claim that is renewed lasts; what this process has at hand already it does not get twice', () =>
  withMessages(['one', 'two'], async ({ home, channel, claim, claimElsewhere }) => {
    const [one] = home.db.transaction(() => home.messages.claim(channel, now, 1, nobody));
    assert.ok(one);
    home.db.transaction(() => home.messages.renewClaims([one.id], now + claimTime));
    const other = await claimElsewhere(now + claimTime);
    await using _ = other.process;
    assert.deepEqual(other.texts, ['two']);
    const late = now + 2 * claimTime;
    const own = home.db.transaction(() => home.messages.claim(channel, late, 100, (id) => id === one.id));
    assert.deepEqual(textsOf(own), ['two']);
    assert.deepEqual(claim(late), ['one']);
  }));

test('what was given back is free, what was shown is done', () =>
  withMessages(['one', 'two'], async ({ home, channel, claimElsewhere }) => {
    const [one, two] = home.db.transaction(() => home.messages.claim(channel, now, 100, nobody));
    assert.ok(one && two);
    home.db.transaction(() => home.messages.markShown([one.id], now));
    home.db.transaction(() => home.messages.unclaim([two.id]));
    const other = await claimElsewhere(now);
    await using _ = other.process;
    assert.deepEqual(other.texts, ['two']);
  }));

test('a message that is added as claimed is not offered to others', () =>
  withMessages([], async ({ home, channel, claimElsewhere }) => {
    home.db.transaction(() => home.messages.add(received(channel, 'mine'), true));
    const other = await claimElsewhere(now);
    await using _ = other.process;
    assert.deepEqual(other.texts, []);
  }));
