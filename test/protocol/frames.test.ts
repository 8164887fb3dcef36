import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  decodePacket,
  encodePacket,
  frameKinds,
  frameOverhead,
  type KeptFrame,
  maxSeq,
  maxTime,
  type Packet,
  type PassingFrame,
  packetOverhead,
} from '../../client/protocol/frames.ts';

const malformed = { code: 'malformed', kind: 'security' };

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const content = fc.uint8Array({ maxLength: 400 });
const kept: fc.Arbitrary<KeptFrame> = fc.record({
  kind: fc.integer({ min: 0x01, max: 0x7f }),
  seq: fc.integer({ min: 1, max: maxSeq }),
  id: bytes(16),
  sentAt: fc.maxSafeNat().map((time) => Math.min(time, maxTime)),
  content,
});
const passing: fc.Arbitrary<PassingFrame> = fc.record({
  kind: fc.integer({ min: 0x80, max: 0xff }),
  deadline: fc.maxSafeNat().map((time) => Math.min(time, maxTime)),
  content,
});
const packets = fc.record({
  stream: bytes(16),
  kept: fc.array(kept, { maxLength: 6 }),
  passing: fc.array(passing, { maxLength: 4 }),
});

const example: Packet = {
  stream: Buffer.alloc(16, 7),
  kept: [
    { kind: frameKinds.text, seq: 300, id: Buffer.alloc(16, 8), sentAt: 1_767_225_600_000, content: Buffer.from('hi') },
  ],
  passing: [{ kind: frameKinds.resend, deadline: 0, content: Buffer.from('x') }],
};

/** The same packet with plain byte arrays, to be compared. */
function plain({ stream, kept: frames, passing: others }: Packet) {
  return {
    stream: Uint8Array.from(stream),
    kept: frames.map(({ kind, seq, id, sentAt, content: text }) => {
      return { kind, seq, id: Uint8Array.from(id), sentAt, content: Uint8Array.from(text) };
    }),
    passing: others.map(({ kind, deadline, content: text }) => ({ kind, deadline, content: Uint8Array.from(text) })),
  };
}

test('every packet decodes to what was encoded, kinds that nobody knows yet included', () => {
  fc.assert(
    fc.property(packets, (packet) => {
      assert.deepEqual(plain(decodePacket(encodePacket(packet))), plain(packet));
    }),
  );
});

test('a packet is never longer than the overheads say', () => {
  fc.assert(
    fc.property(packets, (packet) => {
      const frames = [...packet.kept, ...packet.passing];
      const most = frames.reduce((sum, frame) => sum + frameOverhead + frame.content.length, packetOverhead);
      assert.ok(encodePacket(packet).length <= most);
    }),
  );
});

test('every packet that is cut off is refused, save where a frame ends', () => {
  const whole = encodePacket(example);
  const ends = new Set([packetOverhead, encodePacket({ ...example, passing: [] }).length, whole.length]);
  for (let length = 0; length <= whole.length; length++) {
    const cut = whole.subarray(0, length);
    if (ends.has(length)) assert.doesNotThrow(() => decodePacket(cut), `${length} bytes`);
    else assert.throws(() => decodePacket(cut), malformed, `${length} bytes`);
  }
});

test('bytes after the last frame are refused', () => {
  const whole = encodePacket(example);
  for (let value = 0; value < 256; value++) {
    assert.throws(() => decodePacket(Buffer.concat([whole, Buffer.of(value)])), malformed, `${value}`);
  }
});

test('whatever decodes is what its own encoding says: there is one form of each packet', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (tail) => {
      const packet = Buffer.concat([Buffer.of(1), Buffer.alloc(16), tail]);
      const decoded = decodedOrNothing(packet);
      if (decoded === undefined) return;
      const ordered = tail.length === 0 || isKeptFirst(packet);
      if (ordered) assert.deepEqual(encodePacket(decoded), packet);
    }),
    { numRuns: 2000 },
  );
});

function decodedOrNothing(bytes: Uint8Array): Packet | undefined {
  try {
    return decodePacket(bytes);
  } catch (error) {
    assert.ok(error instanceof Error && 'code' in error && error.code === 'malformed', String(error));
    return undefined;
  }
}

/** Frames of both sorts may stand in any order; encodePacket writes the kept ones first. */
function isKeptFirst(packet: Buffer): boolean {
  let offset = 17;
  let passed = false;
  while (offset < packet.length) {
    const kind = packet[offset] ?? 0;
    if (kind < 0x80 && passed) return false;
    if (kind >= 0x80) passed = true;
    offset += 2 + (packet[offset + 1] ?? 0);
  }
  return true;
}

test('versions other than 1, kind 0 and number 0 are refused', () => {
  const whole = encodePacket(example);
  for (const version of [0, 2, 255]) {
    assert.throws(() => decodePacket(Buffer.concat([Buffer.of(version), whole.subarray(1)])), malformed);
  }
  const kindZero = Buffer.from(whole);
  kindZero[17] = 0;
  assert.throws(() => decodePacket(kindZero), malformed);
  const [first] = example.kept;
  assert.ok(first);
  assert.throws(() => decodePacket(encodePacket({ ...example, kept: [{ ...first, seq: 0 }] })), malformed);
});

test('a length or number that is not in its shortest form is refused', () => {
  const head = Buffer.concat([Buffer.of(1), Buffer.alloc(16)]);
  const frame = (hex: string) => Buffer.concat([head, Buffer.from(hex, 'hex')]);
  assert.equal(decodePacket(frame('810100')).passing.length, 1);
  assert.throws(() => decodePacket(frame('81810000')), malformed, 'the length');
  assert.throws(() => decodePacket(frame('81028000')), malformed, 'the deadline');
});
