/** The work of the expiry function over a model of S3: whatever lies there, in whatever pages, whatever fails. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatParcelKey } from '../../client/protocol/parcel-key.ts';
import { expireDrops, isDue, type Upload } from '../../lambdas/expire-drops/expire.ts';
import { type Fault, ModelShelf } from './model-shelf.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Some minutes past an hour. */
const now = Date.UTC(2026, 10, 21, 9, 17);
const thisHour = now - (now % HOUR);

/** A thing in the bucket, and whether it should go: known from how it was made. */
interface Placed {
  readonly key: string;
  readonly due: boolean;
}

const roles = fc.constantFrom('a' as const, 'b' as const);
const random = fc.uint8Array({ minLength: 16, maxLength: 16 });
const passed = fc.integer({ min: 0, max: 5_000 }).map((hours) => thisHour - hours * HOUR);
const ahead = fc.integer({ min: 1, max: 15 * 24 }).map((hours) => thisHour + hours * HOUR);
const tooFarAhead = fc.integer({ min: 15 * 24 + 1, max: 1_000_000 }).map((hours) => thisHour + hours * HOUR);

function parcels(hours: fc.Arbitrary<number>, due: boolean): fc.Arbitrary<Placed> {
  return fc
    .tuple(roles, hours, random)
    .map(([role, hour, bytes]) => ({ key: formatParcelKey(role, hour, bytes), due }));
}

/** Under an hour of ours and not a parcel's. */
function strangers(hours: fc.Arbitrary<number>, due: boolean): fc.Arbitrary<Placed> {
  return fc
    .tuple(parcels(hours, due), fc.constantFrom('', '!', 'x/y', '\u0001', 'zzz.part', '日記'))
    .map(([{ key }, name]) => ({ key: key.slice(0, 16) + name, due }));
}

const noHours = fc.constantFrom(
  '',
  '-',
  '0',
  'z',
  '2026-11-21',
  '2026-11-21T10',
  '2026-11-21T24/x',
  '2026-11-31T10/x',
  '2026-11-22 10/x',
  '2026-11-22T1/x',
  '/x',
  'x/2026-11-22T10/x',
  '+2026-11-22T10/x',
  '\u0001/x',
  'ü/x',
);

const odd: fc.Arbitrary<Placed> = fc
  .tuple(roles, noHours, fc.string({ maxLength: 3 }))
  .map(([role, name, more]) => ({ key: `${role}/${name}${name.endsWith('T10') ? '' : more}`, due: true }));

const elsewhere: fc.Arbitrary<Placed> = fc
  .constantFrom('a', 'c/x', 'ab/2020-01-01T00/x', '')
  .map((key) => ({ key, due: false }));

const placed = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: parcels(passed, true) },
    { weight: 4, arbitrary: parcels(ahead, false) },
    parcels(tooFarAhead, true),
    strangers(passed, true),
    strangers(ahead, false),
    odd,
    elsewhere,
  ),
  { maxLength: 40 },
);

const started = fc.constantFrom<readonly [number, boolean]>(
  [now, false],
  [now - 7 * DAY + 1, false],
  [now - 7 * DAY, true],
  [now - 30 * DAY, true],
);

type PlacedUpload = Placed & { readonly upload: Upload };

const uploads: fc.Arbitrary<PlacedUpload[]> = fc
  .array(fc.tuple(fc.oneof(parcels(passed, true), parcels(ahead, false), odd, elsewhere), started), { maxLength: 8 })
  .map((list) =>
    list.map(([{ key, due }, [startedAt, stale]], index) => {
      const ours = key.startsWith('a/') || key.startsWith('b/');
      return { key, due: due || (ours && stale), upload: { key, id: String(index), startedAt } };
    }),
  );

const page = fc.integer({ min: 1, max: 7 });
const fault = fc.option(fc.constantFrom<Fault>('fail', 'partly', 'stop'), { nil: undefined, freq: 3 });
const faults = fc.array(fault, { maxLength: 30 });

function staying(things: readonly Placed[]): Set<string> {
  return new Set(things.filter(({ due }) => !due).map(({ key }) => key));
}

test('whatever fails, nothing fresh goes; after a run without faults nothing is left that should have gone', async () => {
  const holds = async (things: Placed[], parts: PlacedUpload[], size: number, plan: Fault[]) => {
    const shelf = new ModelShelf(
      things.map(({ key }) => key),
      parts.map(({ upload }) => upload),
      { page: size, fault: (_, index) => plan[index] },
    );
    const outcome = await expireDrops(shelf, now, shelf.signal);
    assert.equal(outcome.finished, !shelf.signal.aborted);
    for (const key of staying(things)) assert.ok(shelf.objects.has(key), `${key} is gone`);
    for (const { due, upload } of parts) assert.ok(due || shelf.parts.has(upload.id), `${upload.key} was given up`);

    const next = new ModelShelf(shelf.objects, [...shelf.parts.values()], { page: size });
    const clean = await expireDrops(next, now, next.signal);
    assert.deepEqual(next.objects, staying(things));
    assert.deepEqual(
      new Set(next.parts.keys()),
      new Set(parts.filter(({ due }) => !due).map(({ upload }) => upload.id)),
    );
    const gone = shelf.objects.size - next.objects.size;
    assert.deepEqual(clean, {
      removed: gone,
      aborted: shelf.parts.size - next.parts.size,
      failed: 0,
      finished: true,
      errors: [],
    });
  };
  await fc.assert(fc.asyncProperty(placed, uploads, page, faults, holds), { numRuns: 500 });
});

test('what could not be removed is counted, and every error is told; time that is up is no error', async () => {
  const holds = async (things: Placed[], parts: PlacedUpload[], size: number, plan: Fault[]) => {
    const keys = new Set(things.map(({ key }) => key));
    const placedParts = parts.map(({ upload }) => upload);
    const shelf = new ModelShelf(keys, placedParts, { page: size, fault: (_, index) => plan[index] });
    const { removed, aborted, failed, finished, errors } = await expireDrops(shelf, now, shelf.signal);
    assert.equal(removed, keys.size - shelf.objects.size);
    assert.equal(aborted, parts.length - shelf.parts.size);
    assert.equal(failed, shelf.refused);
    const happened = plan.slice(0, shelf.calls.length);
    assert.equal(errors.length > 0, happened.includes('fail') || failed > 0);
    if (errors.length === 0 && finished) assert.deepEqual(shelf.objects, staying(things));
  };
  await fc.assert(fc.asyncProperty(placed, uploads, page, faults, holds), { numRuns: 500 });
});

test('an hour has passed when it begins, and the longest stay is that long', () => {
  const key = (time: number) => formatParcelKey('a', time, Buffer.alloc(16));
  const due = [thisHour, thisHour + 1, thisHour + 15 * DAY, thisHour + 15 * DAY + 1].map((t) =>
    isDue(key(t), thisHour),
  );
  assert.deepEqual(due, [true, false, false, true]);
  assert.deepEqual([isDue(key(now), now), isDue(key(now), now + HOUR)], [false, true]);
});

test('two runs at once remove what one would', async () => {
  const holds = async (things: Placed[], parts: PlacedUpload[], size: number) => {
    const shelf = new ModelShelf(
      things.map(({ key }) => key),
      parts.map(({ upload }) => upload),
      { page: size },
    );
    const outcomes = await Promise.all([1, 2].map(() => expireDrops(shelf, now, shelf.signal)));
    for (const { finished, failed } of outcomes) assert.deepEqual([finished, failed], [true, 0]);
    assert.deepEqual(shelf.objects, staying(things));
  };
  await fc.assert(fc.asyncProperty(placed, uploads, page, holds), { numRuns: 100 });
});

test('the listing is left at the first hour that has not passed: what is stored costs nothing', async () => {
  const key = (hour: number, number: number) => formatParcelKey('a', hour, Buffer.alloc(16, number));
  const fresh = Array.from({ length: 5_000 }, (_, index) => {
    const bytes = Buffer.alloc(16);
    bytes.writeUInt32BE(index);
    return formatParcelKey('a', now + (1 + (index % 300)) * HOUR, bytes);
  });
  const stale = Array.from({ length: 250 }, (_, index) => key(now - DAY, index));
  const shelf = new ModelShelf([...fresh, ...stale], [], { page: 100 });
  await expireDrops(shelf, now, shelf.signal);
  assert.equal(shelf.objects.size, fresh.length);
  assert.deepEqual(
    Object.fromEntries([...Map.groupBy(shelf.calls, (call) => call)].map(([call, { length }]) => [call, length])),
    // Of a: three pages with something stale, and the hours in pages of a hundred. Of b: one page, which is empty.
    { keys: 4, remove: 3, folders: 3, uploads: 2 },
  );
});

test('a side that fills its own part with oddities does not keep the other from being tidied', async () => {
  const odd = Array.from({ length: 10_000 }, (_, index) => `a/${index}/x`);
  const stale = Array.from({ length: 50 }, (_, index) => formatParcelKey('b', now - DAY, Buffer.alloc(16, index)));
  const shelf = new ModelShelf([...odd, formatParcelKey('a', now + DAY, Buffer.alloc(16)), ...stale], [], {
    page: 10,
    fault: (_, index) => (index === 200 ? 'stop' : undefined),
  });
  const { finished, removed } = await expireDrops(shelf, now, shelf.signal);
  assert.equal(finished, false);
  assert.ok(removed > stale.length);
  assert.ok(stale.every((key) => !shelf.objects.has(key)));
});
