/** What several drops say of themselves. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Place, several } from './several-tools.ts';

test('the findings of every drop are told under its name, and of one that can not be opened that it can not', async () => {
  const places = [new Place('1'), new Place('2'), new Place('3')] as const;
  const drop = several(places);
  places[1].door = 'denied';
  places[2].weather = 'failing';
  assert.deepEqual(await drop.check(), [
    { what: 'memory 111111: memory', ok: true, text: 'The drop is in memory.' },
    { what: '222222', ok: false, text: 'place 2: Not allowed.' },
    { what: '333333', ok: false, text: 'place 3: Out of reach.' },
  ]);
});

test('until a drop is open its limits are guessed with care; then they are the least of all', async () => {
  const [one, two] = [
    new Place('1', { bodyBytes: 100, batchBytes: 300, parcelBytes: 1000, parcelStay: 50 }),
    new Place('2', { bodyBytes: 200, batchBytes: 200, batchBodies: 3, parcelBytes: 0, parcelStay: 10 }),
  ];
  const drop = several([one, two]);
  const { parcelBytes, ...guessed } = drop.limits;
  assert.deepEqual(guessed, { bodyBytes: 100, batchBodies: 10, batchBytes: 100, parcelStay: 14 * 24 * 3_600_000 });
  assert.equal(parcelBytes, Number.MAX_SAFE_INTEGER);
  assert.equal(drop.parcels?.minPartBytes, 5 * 1024 * 1024);
  await drop.check();
  assert.deepEqual(drop.limits, {
    bodyBytes: 100,
    batchBodies: 3,
    batchBytes: 200,
    parcelBytes: 1000,
    parcelStay: 50,
  });
  assert.equal(drop.parcels.minPartBytes, 1);
});

test('several drops are at least one, and none twice', () => {
  assert.throws(() => several([]), RangeError);
  assert.throws(() => several([new Place('1'), new Place('1')]), RangeError);
});
