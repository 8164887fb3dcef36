import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { frameKinds } from '../../client/protocol/frames.ts';
import { decodeTimed, encodeTimed, timedOverhead } from '../../client/protocol/timed.ts';

const malformed = { kind: 'security', code: 'malformed' };
const tenYears = 3650 * 86_400_000;
const content = Buffer.from('hi');

const timers = fc.integer({ min: 1000, max: tenYears });

test('a timed message is what its description says', () => {
  const timed = { timer: 3_600_000, kind: frameKinds.text, content };
  assert.equal(encodeTimed(timed).toString('hex'), '80dddb01016869');
  assert.deepEqual(decodeTimed(Buffer.from('80dddb01016869', 'hex')), timed);
});

test('property: what is encoded decodes to the same, and takes no more than it may', () => {
  const kinds = fc.constantFrom<number>(frameKinds.text, frameKinds.file, 0x7f);
  fc.assert(
    fc.property(timers, kinds, fc.uint8Array({ maxLength: 300 }), (timer, kind, bytes) => {
      const encoded = encodeTimed({ timer, kind, content: bytes });
      assert.ok(encoded.length <= bytes.length + timedOverhead);
      const decoded = decodeTimed(encoded);
      assert.deepEqual([decoded.timer, decoded.kind], [timer, kind]);
      assert.deepEqual(Buffer.from(decoded.content), Buffer.from(bytes));
    }),
  );
});

test('only messages have timers: no timer in a timer, no recall, nothing that passes or is not there', () => {
  const others = Object.values(frameKinds).filter((kind) => kind !== frameKinds.text && kind !== frameKinds.file);
  assert.ok(others.includes(frameKinds.timed) && others.includes(frameKinds.recall));
  const good = encodeTimed({ timer: 1000, kind: frameKinds.text, content });
  for (const kind of [...others, 0, 0x80, 0xff]) {
    const bad = Buffer.from(good);
    bad[2] = kind;
    assert.throws(() => decodeTimed(bad), malformed, `kind ${kind}`);
    assert.throws(() => encodeTimed({ timer: 1000, kind, content }), malformed, `kind ${kind}`);
  }
});

test('a timer lasts from a second to ten years', () => {
  const hex = { 'no time': '0001', '999 ms': 'e70701', 'ten years and 1 ms': '81f0aee7960901' };
  for (const [what, bytes] of Object.entries(hex)) {
    assert.throws(() => decodeTimed(Buffer.from(bytes, 'hex')), malformed, what);
  }
  for (const timer of [0, 999, 1000.5, tenYears + 1, Number.NaN]) {
    assert.throws(() => encodeTimed({ timer, kind: 1, content }), malformed, String(timer));
  }
  for (const timer of [1000, tenYears])
    assert.equal(decodeTimed(encodeTimed({ timer, kind: 1, content })).timer, timer);
});

test('what ends too early or writes its timer in a longer form is refused', () => {
  for (const bytes of ['', 'e8', 'e807', 'e8870001']) {
    assert.throws(() => decodeTimed(Buffer.from(bytes, 'hex')), malformed, bytes);
  }
});
