/** Files over several drops of which one fails or hangs: fetching, burning and tidying up go on with the others. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import type { ParcelStore } from '../../client/drops/drop.ts';
import { Mailbox } from '../../client/drops/mailbox.ts';
import type { MemoryCloud } from '../../client/drops/memory/cloud.ts';
import { DropError } from '../../client/errors.ts';
import type { Shown } from '../../client/messenger/absorb.ts';
import { Context, type DropOpener } from '../../client/messenger/context.ts';
import { tidyUp } from '../../client/messenger/duties.ts';
import type { SendFileOptions } from '../../client/messenger/transfers.ts';
import type { Channel } from '../../client/store/channels.ts';
import { Home } from '../../client/store/home.ts';
import { channel, type Person } from '../messenger/person.ts';
import { addDrops, fail, idAt, makeSeveralPair, talk } from './several-tools.ts';

async function sendFile(person: Person, options: Partial<SendFileOptions> = {}): Promise<string> {
  const path = join(person.directory, 'file');
  await writeFile(path, 'content');
  const { id } = await person.messenger.sendFile(channel, { path, ...options });
  await person.deliver();
  return id;
}

/** From its next start on, the person's home sees the place like this. */
async function see(person: Person, cloud: MemoryCloud, place: string, other: Partial<ParcelStore>): Promise<void> {
  const view: MemoryCloud = Object.create(cloud);
  view.drop = (role) => {
    const drop = cloud.drop(role);
    return Object.assign(drop, { parcels: { ...drop.parcels, ...other } });
  };
  person.places.set(place, view);
  await person.restart();
}

test('several: a file to burn is fetched although a drop can not be asked to remove it, which is said', async () => {
  await using pair = await makeSeveralPair({ suite: 'signal' }, ['two']);
  const { a, b, cloud } = pair;
  await addDrops(pair, 'two');
  const id = await sendFile(a, { burn: true });
  await talk(pair);
  fail(cloud.at('two'));
  const told: string[] = [];
  const saved = await b.messenger.getFile(id, {
    target: { folder: b.directory },
    onUnburned: ({ code }) => told.push(code),
  });
  assert.equal(await readFile(saved ?? '', 'utf8'), 'content');
  assert.deepEqual(told, ['not-removed']);
  assert.deepEqual(cloud.at().parcelKeys(), []);
});

test('several: what lies in a drop that the buddy left is fetched although another can not be asked', async () => {
  await using pair = await makeSeveralPair({ suite: 'signal' }, ['two', 'three']);
  const { a, b, cloud } = pair;
  const id = await sendFile(a);
  await talk(pair);
  await addDrops(pair, 'two', 'three');
  await a.messenger.removeDrop(channel, await idAt(undefined));
  await a.deliver();
  await talk(pair);
  await see(b, cloud.at('three'), 'three', {
    // biome-ignore lint/correctness/useYield: it fails before there is anything.
    async *get() {
      throw new DropError('Not from here.', { code: 'access-denied', retryable: false });
    },
  });
  const saved = await b.messenger.getFile(id, { target: { folder: b.directory } });
  assert.equal(await readFile(saved ?? '', 'utf8'), 'content');
});

test('several: a drop that hangs while expired files are removed holds up nothing that a listener does', async () => {
  await using pair = await makeSeveralPair({ suite: 'signal' }, ['two']);
  const { a, cloud } = pair;
  await addDrops(pair, 'two');
  await sendFile(a, { stay: 3_600_000 });
  await talk(pair);
  let isWaitedFor = true;
  const asked = Promise.withResolvers<void>();
  await see(a, cloud.at('two'), 'two', {
    remove: (_, { signal } = {}) => {
      asked.resolve();
      return new Promise((_resolve, reject) => {
        const givenUp = () => {
          isWaitedFor = false;
          reject(signal?.reason);
        };
        signal?.addEventListener('abort', givenUp, { once: true });
      });
    },
  });
  cloud.advance(3_700_000);
  const stop = new AbortController();
  const other = await a.another();
  const listening = (async () => {
    for await (const event of a.messenger.listen(channel, { wait: true, signal: stop.signal })) {
      if (event.type !== 'status' || event.state !== 'sent') continue;
      assert.ok(isWaitedFor, 'long before the drop is given up');
      stop.abort();
    }
  })();
  await asked.promise;
  await other.queue(channel, ['text']);
  await listening;
  await other.close();
});

test('several: that expired files can not be removed is said once, not each time', async () => {
  await using pair = await makeSeveralPair({ suite: 'signal' }, ['two']);
  const { a, cloud } = pair;
  await addDrops(pair, 'two');
  await sendFile(a, { stay: 3_600_000 });
  cloud.advance(3_700_000);
  let refusals = 0;
  const stop = new AbortController();
  await see(a, cloud.at('two'), 'two', {
    remove: async () => {
      refusals += 1;
      if (refusals === 3) stop.abort();
      throw new DropError('Not from here.', { code: 'drop-unreachable', retryable: true });
    },
  });
  const mailbox = new Mailbox<readonly Shown[]>();
  const home = await Home.open(a.directory, undefined);
  const openDrop = async ({ role, drop: { place } }: Channel) => (a.places.get(place) ?? cloud.at()).drop(role);
  const context = new Context(home, { now: () => cloud.now, openDrop });
  const tidied = tidyUp(context, home.channels.named(channel).id, mailbox, stop.signal, 1).catch(() => mailbox.end());
  let said = 0;
  for await (const shown of mailbox.consume()) said += shown.length;
  await tidied;
  assert.deepEqual([refusals, said], [3, 1]);
  await context.close();
});

test('several: trouble that a drop outlasts by itself is told once, and by its name', async () => {
  await using pair = await makeSeveralPair({}, ['two']);
  const { a, cloud } = pair;
  await addDrops(pair, 'two');
  const troubles: (() => void)[] = [];
  const openDrop: DropOpener = async ({ role, drop: { place } }, onTrouble) => {
    const error = new DropError('Out of reach.', { code: 'drop-unreachable', retryable: true });
    if (place === 'two') troubles.push(() => onTrouble(error));
    return (a.places.get(place) ?? cloud.at()).drop(role);
  };
  const context = new Context(await Home.open(a.directory, undefined), { now: () => cloud.now, openDrop });
  const known = context.home.channels.named(channel);
  const told: string[] = [];
  context.onTrouble(known, ({ message }) => told.push(message));
  const drop = await context.drop(known);
  await drop.check();
  for (const trouble of [...troubles, ...troubles]) trouble();
  assert.equal(told.length, 1);
  assert.match(told[0] ?? '', /^.+two.*: Out of reach\.$/);
  await context.close();
});
