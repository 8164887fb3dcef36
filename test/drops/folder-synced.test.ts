/** Two homes, each with a folder of its own, and between the folders a tool, or a hand, that copies. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { once } from 'node:events';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { folderDropId } from '../../client/drops/folder/folder-drop.ts';
import {
  formatClaim,
  formatHolder,
  formatLetterName,
  parcelFileKind,
  parseLetterName,
} from '../../client/drops/maildir/layout.ts';
import { DropError } from '../../client/errors.ts';
import { type ChannelEvent, Messenger } from '../../client/messenger/index.ts';
import { formatParcelKey } from '../../client/protocol/parcel-key.ts';
import type { Role } from '../../client/protocol/roles.ts';
import { freshFolder } from '../contract/folder-place.ts';

const seed = Number(process.env.BTR_SEED ?? randomInt(1_000_000));
const copier = new URL('../tools/copier.ts', import.meta.url).pathname;
const timeout = 120_000;

interface Side {
  readonly messenger: Messenger;
  readonly folder: string;
  readonly downloads: string;
}

/** Homes of both sides; the second folder is a copy of the first, as it was when the channel was made. */
async function twoSides(context: TestContext): Promise<Record<Role, Side>> {
  const base = await freshFolder(context);
  const folders = { a: join(base, 'a'), b: join(base, 'b') };
  const id = await folderDropId(folders.a);
  await cp(folders.a, folders.b, { recursive: true });
  const side = async (role: Role): Promise<Side> => {
    const messenger = await Messenger.create({ home: join(base, `home-${role}`), name: role });
    context.after(() => messenger.close());
    const drop = { kind: 'folder', path: folders[role], id };
    await messenger.addChannel({ name: 'x', role, suite: 'fernet', pin: 'a-pin-for-tests', drop });
    const downloads = join(base, `downloads-${role}`);
    await mkdir(downloads);
    return { messenger, folder: folders[role], downloads };
  };
  return { a: await side('a'), b: await side('b') };
}

function startCopier({ a, b }: Record<Role, Side>): AsyncDisposable {
  const child = spawn(process.execPath, [copier, a.folder, b.folder, String(seed)], { stdio: 'inherit' });
  const exited = once(child, 'exit');
  return {
    async [Symbol.asyncDispose]() {
      child.kill();
      assert.deepEqual(await exited, [null, 'SIGTERM'], 'the copier ended by itself');
    },
  };
}

/** Listens until this many messages and files were shown, and answers their texts and contents. */
async function hear({ messenger, downloads }: Side, messages: number, files: number) {
  const enough = new AbortController();
  const texts: string[] = [];
  const contents: string[] = [];
  for await (const event of messenger.listen('x', { wait: true, signal: enough.signal })) {
    if (event.type === 'message' && event.receivedAt !== null) texts.push(event.text);
    if (event.type === 'file' && event.receivedAt !== null)
      contents.push(await fetched(messenger, event.id, downloads));
    if (texts.length >= messages && contents.length >= files) enough.abort();
  }
  return { texts, contents };
}

/** The word of a parcel may arrive before the parcel does. */
async function fetched(messenger: Messenger, id: string, folder: string): Promise<string> {
  for (;;) {
    try {
      return await readFile((await messenger.getFile(id, { target: { folder } })) ?? '', 'latin1');
    } catch (error) {
      const isComing = error instanceof DropError && ['no-such-parcel', 'parcel-arriving'].includes(error.code);
      if (!isComing) throw error;
      await sleep(20);
    }
  }
}

test(`folder: a tool that copies late, in pieces and in any order loses, repeats and mixes up nothing (seed ${seed})`, {
  timeout,
}, async (context) => {
  const sides = await twoSides(context);
  await using _copier = startCopier(sides);
  const written = Array.from({ length: 60 }, (_, index) => `message ${index}`);
  const parcel = randomBytes(3_000_000).toString('latin1');
  const write = async ({ messenger, downloads }: Side) => {
    const path = join(downloads, 'parcel');
    await writeFile(path, parcel, 'latin1');
    for (const [index, text] of written.entries()) {
      await messenger.send('x', text);
      if (index === 30) await messenger.sendFile('x', { path });
    }
    await messenger.deliver('x');
  };
  const [, , atA, atB] = await Promise.all([
    write(sides.a),
    write(sides.b),
    hear(sides.a, written.length, 1),
    hear(sides.b, written.length, 1),
  ]);
  for (const { texts, contents } of [atA, atB]) {
    assert.deepEqual(texts, written);
    assert.ok(contents.length === 1 && contents[0] === parcel, 'the parcel is another one');
  }
});

test('folder: a folder that is carried to and fro by hand brings old letters again, and shows them once', {
  timeout,
}, async (context) => {
  const { a, b } = await twoSides(context);
  const stick = join(await freshFolder(context), 'stick');
  // By hand nobody removes anything: what was there stays, and is copied again.
  const carry = async (from: Side, to: Side) => {
    await cp(from.folder, stick, { recursive: true });
    await cp(stick, to.folder, { recursive: true });
  };
  const seen: string[] = [];
  for (let trip = 0; trip < 4; trip += 1) {
    await a.messenger.send('x', `from a ${trip}`);
    await carry(a, b);
    seen.push(...(await shownNow(b)));
    await b.messenger.send('x', `from b ${trip}`);
    await carry(b, a);
    seen.push(...(await shownNow(a)));
  }
  assert.deepEqual(
    seen,
    [0, 1, 2, 3].flatMap((trip) => [`from a ${trip}`, `from b ${trip}`]),
  );
});

async function shownNow({ messenger }: Side): Promise<string[]> {
  const events: ChannelEvent[] = [];
  for await (const event of messenger.listen('x', { wait: false })) events.push(event);
  return events.flatMap((event) => (event.type === 'message' && event.receivedAt !== null ? [event.text] : []));
}

test('folder: no two names are the same where upper and lower case are', () => {
  const hex = (length: number) =>
    fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length });
  const letter = fc
    .record({ time: fc.nat(), counter: fc.nat(999_999), session: hex(12), digest: hex(16) })
    .map(formatLetterName);
  const holder = fc.record({ random: hex(12), host: hex(12), pid: fc.nat() }).map(formatHolder);
  const name = fc.oneof(
    letter,
    holder,
    fc.tuple(letter, holder).map(([one, other]) => formatClaim(one, other)),
  );
  fc.assert(
    fc.property(name, (text) => {
      assert.equal(text, text.toLowerCase());
      // A system that shows names in capitals shows none of ours, instead of some twice.
      assert.equal(parseLetterName(text.toUpperCase()), undefined);
    }),
  );
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.nat(2 ** 41), (random, time) => {
      const [role = '', hour = '', file = ''] = formatParcelKey('a', time, random).split('/');
      assert.equal(role, 'a');
      assert.equal(parcelFileKind('a', hour, file), 'parcel');
      // Names that Windows keeps for devices, and those that differ from others by their end alone.
      assert.ok(!/[. ]$|^(con|prn|aux|nul|com\d|lpt\d)$/i.test(file));
    }),
  );
});
