/** The contract's part on parcels: see drop-contract.ts. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { BtrError } from '../../client/errors.ts';
import { contractTimeout, type MakeTestPlace } from './drop-contract.ts';
import { digest, freshKey, parcelOf, parcelsOf, putParcel, readRange } from './tools.ts';

const missing = { name: 'BtrError', code: 'no-such-parcel' };

export function parcelContract(kind: string, makePlace: MakeTestPlace): void {
  const contract = (name: string, run: () => Promise<void>) =>
    test(`${kind}: ${name}`, { timeout: contractTimeout }, run);

  const parcelPlace = async (place: Awaited<ReturnType<MakeTestPlace>>) => {
    const { a, b } = await place.both();
    return { mine: parcelsOf(a), theirs: parcelsOf(b), key: freshKey('a') };
  };

  contract('a small parcel passes in one part', async () => {
    await using place = await makePlace();
    const { mine, theirs, key } = await parcelPlace(place);
    const parcel = parcelOf(mine, 0, 1_000);
    await putParcel(mine, key, parcel);
    assert.equal(digest(await readRange(theirs, key, 0, 1_000)), digest(parcel.bytes));
  });

  contract('parts may come at once and in any order', async () => {
    await using place = await makePlace();
    const { mine, theirs, key } = await parcelPlace(place);
    const parcel = parcelOf(mine, 2, 777);
    const ticket = await mine.create(key);
    const receipts: string[] = [];
    const put = async (index: number) => {
      const part = parcel.parts[index];
      if (part !== undefined) receipts[index] = await mine.putPart(key, ticket, part);
    };
    await put(2);
    await Promise.all([put(1), put(0)]);
    await mine.complete(key, ticket, receipts);
    assert.equal(digest(await readRange(theirs, key, 0, parcel.bytes.length)), digest(parcel.bytes));
  });

  contract('any range of a parcel can be read', async () => {
    await using place = await makePlace();
    const { mine, theirs, key } = await parcelPlace(place);
    const parcel = parcelOf(mine, 1, 5_000);
    await putParcel(mine, key, parcel);
    const end = parcel.bytes.length;
    const ranges = [
      [0, 1],
      [end - 1, 1],
      [parcel.partBytes - 10, 20],
      [17, parcel.partBytes],
    ] as const;
    const read = await Promise.all(ranges.map(([offset, length]) => readRange(theirs, key, offset, length)));
    for (const [index, [offset, length]] of ranges.entries()) {
      assert.equal(digest(read[index] ?? Buffer.of()), digest(parcel.bytes.subarray(offset, offset + length)));
    }
  });

  contract('reading may stop in the middle', async () => {
    await using place = await makePlace();
    const { mine, theirs, key } = await parcelPlace(place);
    const parcel = parcelOf(mine, 2, 0);
    await putParcel(mine, key, parcel);
    for await (const piece of theirs.get(key, { offset: 0, length: parcel.bytes.length })) {
      assert.ok(piece.length > 0);
      break;
    }
    assert.equal(digest(await readRange(theirs, key, 5, 10)), digest(parcel.bytes.subarray(5, 15)));
  });

  contract('an abort ends the reading of a parcel', async () => {
    await using place = await makePlace();
    const { mine, theirs, key } = await parcelPlace(place);
    await putParcel(mine, key, parcelOf(mine, 0, 1_000));
    const signal = AbortSignal.abort(new Error('enough'));
    const iterator = theirs.get(key, { offset: 0, length: 1_000 }, { signal })[Symbol.asyncIterator]();
    await assert.rejects(async () => iterator.next(), /enough/);
    await assert.rejects(mine.create(freshKey('a'), { signal }), /enough/);
  });

  contract('nobody sees a parcel before it is complete', async () => {
    await using place = await makePlace();
    const { mine, theirs, key } = await parcelPlace(place);
    const parcel = parcelOf(mine, 0, 1_000);
    const ticket = await mine.create(key);
    const receipts = await Promise.all(parcel.parts.map((part) => mine.putPart(key, ticket, part)));
    await assert.rejects(readRange(theirs, key, 0, 1_000), missing);
    await mine.complete(key, ticket, receipts);
    assert.equal(digest(await readRange(theirs, key, 0, 1_000)), digest(parcel.bytes));
  });

  contract('an upload can go on in another process', async () => {
    await using place = await makePlace();
    const { mine, theirs, key } = await parcelPlace(place);
    const parcel = parcelOf(mine, 1, 1_000);
    const ticket = await mine.create(key);
    const [first, second] = parcel.parts;
    assert.ok(first && second);
    const receipt = await mine.putPart(key, ticket, first);
    const later = parcelsOf(await place.open('a'));
    await later.complete(key, ticket, [receipt, await later.putPart(key, ticket, second)]);
    assert.equal(digest(await readRange(theirs, key, 0, parcel.bytes.length)), digest(parcel.bytes));
  });

  contract('a part that is put again replaces the first', async () => {
    await using place = await makePlace();
    const { mine, theirs, key } = await parcelPlace(place);
    const parcel = parcelOf(mine, 1, 1_000);
    const ticket = await mine.create(key);
    const [first, second] = parcel.parts;
    assert.ok(first && second);
    await mine.putPart(key, ticket, first);
    const last = await mine.putPart(key, ticket, second);
    await mine.complete(key, ticket, [await mine.putPart(key, ticket, first), last]);
    assert.equal(digest(await readRange(theirs, key, 0, parcel.bytes.length)), digest(parcel.bytes));
  });

  contract('completing twice is no error', async () => {
    await using place = await makePlace();
    const { mine, theirs, key } = await parcelPlace(place);
    const parcel = parcelOf(mine, 0, 1_000);
    const ticket = await mine.create(key);
    const receipts = await Promise.all(parcel.parts.map((part) => mine.putPart(key, ticket, part)));
    await mine.complete(key, ticket, receipts);
    await mine.complete(key, ticket, receipts);
    assert.equal(digest(await readRange(theirs, key, 0, 1_000)), digest(parcel.bytes));
  });

  contract('a parcel without one of its parts is not completed', async () => {
    await using place = await makePlace();
    const { mine, theirs, key } = await parcelPlace(place);
    const parcel = parcelOf(mine, 1, 1_000);
    const ticket = await mine.create(key);
    const [first] = parcel.parts;
    assert.ok(first);
    const receipt = await mine.putPart(key, ticket, first);
    await assert.rejects(mine.complete(key, ticket, [receipt, 'none']), BtrError);
    await assert.rejects(readRange(theirs, key, 0, 1), missing);
  });

  contract('an upload that was given up leaves nothing, and giving up twice is no error', async () => {
    await using place = await makePlace();
    const { mine, theirs, key } = await parcelPlace(place);
    const parcel = parcelOf(mine, 0, 1_000);
    const ticket = await mine.create(key);
    const receipts = await Promise.all(parcel.parts.map((part) => mine.putPart(key, ticket, part)));
    await mine.abort(key, ticket);
    await mine.abort(key, ticket);
    await assert.rejects(mine.complete(key, ticket, receipts), BtrError);
    await assert.rejects(readRange(theirs, key, 0, 1_000), missing);
  });

  contract('either side removes a parcel, and removing it twice is no error', async () => {
    await using place = await makePlace();
    const { mine, theirs, key } = await parcelPlace(place);
    const other = freshKey('a');
    const parcel = parcelOf(mine, 0, 1_000);
    await putParcel(mine, key, parcel);
    await putParcel(mine, other, parcel);
    await theirs.remove(key);
    await theirs.remove(key);
    await assert.rejects(readRange(theirs, key, 0, 1_000), missing);
    await mine.remove(other);
    await assert.rejects(readRange(theirs, other, 0, 1_000), missing);
  });

  contract('nothing but a key of ours is taken for one', async () => {
    await using place = await makePlace();
    const { mine, theirs } = await parcelPlace(place);
    const good = freshKey('a');
    const bad = [
      '',
      '..',
      '../x',
      `../${good}`,
      `/${good}`,
      `${good}/..`,
      `${good}.part`,
      `c${good.slice(1)}`,
      'a/b/c',
    ];
    for (const key of [...bad, `${good}\0`, good.replaceAll('/', '\\')]) {
      await assert.rejects(mine.create(key), BtrError, key);
      await assert.rejects(readRange(theirs, key, 0, 1), BtrError, key);
      await assert.rejects(theirs.remove(key), BtrError, key);
    }
  });
}
