import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type CpaceInput,
  type CpaceRole,
  type CpaceTranscript,
  cpaceGenerator,
  finishCpace,
  generatorString,
  isValidShare,
  multiplyShare,
  startCpace,
} from '../../client/crypto/cpace.ts';
import { SecurityError } from '../../client/errors.ts';
// The official values. Those of the symmetric mode (ISK_SY, sid_output_oc) have no counterpart here, and no session id
// is taken out of a run (sid_output_ir).
import vectors from '../vectors/cpace-ristretto255-sha512.json' with { type: 'json' };

const badShare = { code: 'bad-share', kind: 'security' };

const { generator, exchange, points } = vectors;
const input = { prs: bytes(exchange.PRS), ci: bytes(exchange.CI), sid: bytes(exchange.sid) };
const transcript: CpaceTranscript = {
  initiator: { share: bytes(exchange.Ya), data: bytes(exchange.ADa) },
  responder: { share: bytes(exchange.Yb), data: bytes(exchange.ADb) },
};

/** The order of ristretto255 (RFC 9496, section 4). */
const order = 2n ** 252n + 27742317777372353535851937790883648493n;

function bytes(hex: string): Buffer {
  return Buffer.from(hex, 'hex');
}

function hex(value: Uint8Array): string {
  return Buffer.from(value).toString('hex').toUpperCase();
}

function littleEndian(value: bigint, length: number): Buffer {
  return bytes(value.toString(16).padStart(2 * length, '0')).reverse();
}

/** A seed that is reduced to this scalar: reduction goes to 1 .. order - 1. */
function seedOf(scalar: string): Buffer {
  return littleEndian(BigInt(`0x${hex(bytes(scalar).reverse())}`) - 1n, 64);
}

test('the official generator string, hash and generator', () => {
  const text = generatorString({ prs: bytes(generator.PRS), ci: bytes(generator.CI), sid: bytes(generator.sid) });
  assert.equal(hex(text), generator['generator_string(G.DSI,PRS,CI,sid,H.s_in_bytes)']);
  assert.equal(hex(createHash('sha512').update(text).digest()), generator['hash result']);
  assert.equal(hex(cpaceGenerator(input)), generator['encoded generator g']);
});

test('lengths are LEB128, and a PIN that fills its block needs no padding', () => {
  // The appendix of the draft gives 80 01 for 128 bytes.
  const prs = Uint8Array.from({ length: 128 }, (_, index) => index);
  const text = generatorString({ prs, ci: Buffer.of(), sid: Buffer.of(7) });
  assert.equal(hex(text), `11${hex(Buffer.from('CPaceRistretto255'))}8001${hex(prs)}00000107`);
});

test('the official shares', () => {
  const scalars = [
    [exchange.ya, exchange.Ya],
    [exchange.yb, exchange.Yb],
  ] as const;
  for (const [scalar, share] of scalars) {
    const start = startCpace(input, seedOf(scalar));
    assert.equal(hex(start.scalar), scalar);
    assert.equal(hex(start.share), share);
    assert.ok(isValidShare(start.share));
  }
});

test('the official shared point, from both sides', () => {
  assert.equal(hex(multiplyShare(bytes(exchange.Yb), bytes(exchange.ya))), exchange.K);
  assert.equal(hex(multiplyShare(bytes(exchange.Ya), bytes(exchange.yb))), exchange.K);
  const { s, X } = points.Valid;
  assert.equal(hex(multiplyShare(bytes(X), bytes(s))), points.Valid['G.scalar_mult_vfy(s,X)']);
});

test('the official key of initiator and responder', () => {
  assert.equal(hex(finishCpace(input, { scalar: bytes(exchange.ya) }, transcript, 'initiator')), exchange.ISK_IR);
  assert.equal(hex(finishCpace(input, { scalar: bytes(exchange.yb) }, transcript, 'responder')), exchange.ISK_IR);
});

const invalidShares: readonly [string, Buffer][] = [
  ['Invalid Y1 of the draft', bytes(points['Invalid Y1'])],
  ['Invalid Y2 of the draft, the identity', bytes(points['Invalid Y2'])],
  ['empty', Buffer.of()],
  ['31 bytes', bytes(exchange.Yb).subarray(1)],
  ['33 bytes', Buffer.concat([bytes(exchange.Yb), Buffer.of(0)])],
  ['the top bit set', withTopBit(bytes(exchange.Yb))],
  ['the prime itself, another zero', littleEndian(2n ** 255n - 19n, 32)],
  ['a number above the prime', littleEndian(2n ** 255n - 17n, 32)],
  ['all ones', Buffer.alloc(32, 0xff)],
  // "Invalid Encodings" of RFC 9496: the prime minus a valid encoding is negative.
  ['negative', negated(bytes(exchange.Yb))],
];

function withTopBit(share: Buffer): Buffer {
  share.writeUInt8(share.readUInt8(31) | 0x80, 31);
  return share;
}

function negated(share: Buffer): Buffer {
  return littleEndian(2n ** 255n - 19n - BigInt(`0x${hex(share.reverse())}`), 32);
}

test('no invalid share is finished with, on either side, and the error says what to do', () => {
  for (const [what, share] of invalidShares) {
    assert.equal(isValidShare(share), false, what);
    assert.throws(() => multiplyShare(share, bytes(points.Valid.s)), badShare, what);
    const answered = { ...transcript, responder: { ...transcript.responder, share } };
    assert.throws(() => finishCpace(input, { scalar: bytes(exchange.ya) }, answered, 'initiator'), badShare, what);
    const invited = { ...transcript, initiator: { ...transcript.initiator, share } };
    assert.throws(
      () => finishCpace(input, { scalar: bytes(exchange.yb) }, invited, 'responder'),
      (error) => error instanceof SecurityError && error.code === 'bad-share' && error.hint !== undefined,
      what,
    );
  }
});

test('any 64 bytes make a scalar other than zero, and fewer or more are refused', () => {
  for (const value of [0n, order - 2n, order - 1n, order, 2n ** 512n - 1n]) {
    const { scalar, share } = startCpace(input, littleEndian(value, 64));
    assert.equal(hex(scalar), hex(littleEndian((value % (order - 1n)) + 1n, 32)));
    assert.ok(isValidShare(share));
  }
  for (const length of [0, 32, 63, 65]) {
    assert.throws(() => startCpace(input, Buffer.alloc(length)), RangeError, `${length}`);
  }
});

test('a scalar out of range is not multiplied with', () => {
  for (const scalar of [littleEndian(0n, 32), littleEndian(order, 32), Buffer.alloc(31, 1), Buffer.alloc(33, 1)]) {
    assert.throws(() => multiplyShare(bytes(exchange.Ya), scalar));
  }
});

test('nothing that the caller gave is changed', () => {
  const seed = seedOf(exchange.ya);
  startCpace(input, seed);
  const scalar = bytes(exchange.ya);
  finishCpace(input, { scalar }, transcript, 'initiator');
  const kept = [seed, scalar, input.prs, input.ci, input.sid, transcript.responder.share, transcript.initiator.data];
  const given = [
    seedOf(exchange.ya),
    ...[exchange.ya, exchange.PRS, exchange.CI, exchange.sid, exchange.Yb, exchange.ADa].map(bytes),
  ];
  assert.deepEqual(kept.map(hex), given.map(hex));
});

/** One run of a side: what it believes was agreed, and what it believes was said. */
interface Belief {
  readonly input: CpaceInput;
  readonly transcript: CpaceTranscript;
}

const some = fc.uint8Array({ maxLength: 40 });
const runs = fc.record({
  prs: some,
  ci: some,
  sid: some,
  initiatorData: some,
  responderData: some,
  initiatorSeed: fc.uint8Array({ minLength: 64, maxLength: 64 }),
  responderSeed: fc.uint8Array({ minLength: 64, maxLength: 64 }),
});

type Run = typeof runs extends fc.Arbitrary<infer Value> ? Value : never;

/** Both sides' keys where the responder's view is the initiator's after `alter`. */
function keys(run: Run, alter: (belief: Belief) => Belief): [Buffer, Buffer] {
  const responderInput = alter({ input: run, transcript }).input;
  const initiator = startCpace(run, run.initiatorSeed);
  const responder = startCpace(responderInput, run.responderSeed);
  const said: CpaceTranscript = {
    initiator: { share: initiator.share, data: run.initiatorData },
    responder: { share: responder.share, data: run.responderData },
  };
  const heard = alter({ input: run, transcript: said });
  return [
    finishCpace(run, initiator, said, 'initiator'),
    finishCpace(heard.input, responder, heard.transcript, 'responder'),
  ];
}

/** The same bytes with a bit flipped; a byte where there was none. */
function other(value: Uint8Array): Uint8Array {
  return value.length === 0
    ? Uint8Array.of(0)
    : Uint8Array.from(value, (byte, index) => (index === 0 ? byte ^ 1 : byte));
}

function withOther(role: CpaceRole, what: 'data' | 'share', { input, transcript }: Belief, value?: Uint8Array): Belief {
  const side = transcript[role];
  return { input, transcript: { ...transcript, [role]: { ...side, [what]: value ?? other(side[what]) } } };
}

test('two sides with the same PIN, session and transcript agree on 64 bytes', () => {
  fc.assert(
    fc.property(runs, (run) => {
      const [one, two] = keys(run, (belief) => belief);
      assert.equal(one.length, 64);
      assert.deepEqual(one, two);
    }),
    { numRuns: 20 },
  );
});

const foreign = startCpace(input, Buffer.alloc(64, 9)).share;
const alterations: readonly [string, (belief: Belief) => Belief][] = [
  ['PIN', ({ input, transcript }) => ({ input: { ...input, prs: other(input.prs) }, transcript })],
  ['channel identifier', ({ input, transcript }) => ({ input: { ...input, ci: other(input.ci) }, transcript })],
  ['session id', ({ input, transcript }) => ({ input: { ...input, sid: other(input.sid) }, transcript })],
  ["initiator's data", (belief) => withOther('initiator', 'data', belief)],
  ["responder's data", (belief) => withOther('responder', 'data', belief)],
  ["initiator's share", (belief) => withOther('initiator', 'share', belief, foreign)],
  ["responder's share", (belief) => withOther('responder', 'share', belief, foreign)],
];

for (const [what, alter] of alterations) {
  test(`two sides that differ in the ${what} do not agree`, () => {
    fc.assert(
      fc.property(runs, (run) => assert.notDeepEqual(...keys(run, alter))),
      { numRuns: 10 },
    );
  });
}

test('bytes moved from one field to the next make another generator', () => {
  const [prs, ci, sid] = [Buffer.from('ab'), Buffer.from('cd'), Buffer.from('ef')];
  const moved = [
    { prs: Buffer.from('abc'), ci: Buffer.from('d'), sid },
    { prs, ci: Buffer.from('c'), sid: Buffer.from('def') },
  ];
  for (const fields of moved) assert.notDeepEqual(cpaceGenerator(fields), cpaceGenerator({ prs, ci, sid }));
});

test('both in the same role do not agree', () => {
  const [one, two] = [{ scalar: bytes(exchange.ya) }, { scalar: bytes(exchange.yb) }];
  for (const role of ['initiator', 'responder'] as const) {
    assert.notDeepEqual(finishCpace(input, one, transcript, role), finishCpace(input, two, transcript, role));
  }
});
