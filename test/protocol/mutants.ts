/**
 * Mutants of every wire type: valid bytes with bits flipped, cut, lengthened, or spliced from two valid ones. Bytes that
 * are authenticated must be refused; what is only encoded must be refused, or mean exactly what its bytes say.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { Chance } from '../../client/drops/memory/random.ts';
import { BtrError } from '../../client/errors.ts';

export interface WireType {
  readonly name: string;
  /** At least two, of different content. */
  readonly samples: readonly Uint8Array[];
  /** What bytes are taken for, as a canonical form. @throws BtrError where they are refused. */
  readonly read: (bytes: Uint8Array) => Promise<Uint8Array> | Uint8Array;
  /**
   * `authentic`: nothing but a sample is read. `same`: or what is read is what the sample holds. `encoding`: what is
   * read are the bytes themselves, so no content has two encodings.
   */
  readonly kind: 'authentic' | 'same' | 'encoding';
}

/** Checks so many mutants of a type, the same ones for the same seed. Answers how many of them were read. */
export async function checkMutants(type: WireType, runs: number, seed: number): Promise<number> {
  const chance = new Chance(seed, type.name);
  const meanings = await Promise.all(type.samples.map(async (sample) => Buffer.from(await type.read(sample))));
  let read = 0;
  for (let run = 0; run < runs; run++) {
    const { bytes, from } = mutant(type.samples, chance);
    if (type.samples.some((sample) => bytes.equals(sample))) continue;
    const what = `BTR_SEED=${seed}, run ${run} of ${type.name}: ${bytes.toString('hex').slice(0, 400)}`;
    const meaning = await readOrRefuse(type, bytes, what);
    if (!meaning) continue;
    read += 1;
    assert.notEqual(type.kind, 'authentic', what);
    const expected = type.kind === 'encoding' ? [bytes] : from.map((index) => meanings[index]);
    assert.ok(
      expected.some((one) => one?.equals(meaning)),
      what,
    );
  }
  return read;
}

async function readOrRefuse(type: WireType, bytes: Buffer, what: string): Promise<Buffer | undefined> {
  try {
    return Buffer.from(await type.read(bytes));
  } catch (error) {
    assert.ok(error instanceof BtrError, `${what}: ${String(error)}`);
    assert.ok(error.code.length > 0 && error.message.length > 0, what);
    return undefined;
  }
}

function mutant(samples: readonly Uint8Array[], chance: Chance): { bytes: Buffer; from: number[] } {
  const index = chance.below(samples.length);
  const bytes = Buffer.from(samples[index] ?? []);
  switch (chance.below(6)) {
    case 0:
      return { bytes: bytes.subarray(0, chance.below(bytes.length)), from: [index] };
    case 1:
      return { bytes: Buffer.concat([bytes, randomBytes(1 + chance.below(64))]), from: [index] };
    case 2: {
      const other = chance.below(samples.length);
      const rest = Buffer.from(samples[other] ?? []);
      const at = chance.below(Math.min(bytes.length, rest.length) + 1);
      return { bytes: Buffer.concat([bytes.subarray(0, at), rest.subarray(at)]), from: [index, other] };
    }
    case 3: {
      const at = chance.below(bytes.length);
      const length = 1 + chance.below(8);
      return { bytes: Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]), from: [index] };
    }
    default:
      for (let flips = 1 + chance.below(3); flips > 0; flips--) {
        const at = chance.below(bytes.length);
        bytes[at] = (bytes[at] ?? 0) ^ (1 << chance.below(8));
      }
      return { bytes, from: [index] };
  }
}
