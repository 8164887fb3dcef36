/** What the contract's tests share: places, bodies, and collecting with an end. */
import { createHash, randomBytes } from 'node:crypto';
import type { Delivery, Drop, ParcelStore } from '../../client/drops/drop.ts';
import { formatParcelKey } from '../../client/protocol/parcel-key.ts';
import { otherRole, type Role } from '../../client/protocol/roles.ts';

/** A fresh, empty place that drops of both roles can be opened on, several of one role as well. */
export interface DropPlace {
  open(role: Role): Promise<Drop>;
  /** Removes the place. The suite has closed every drop by then. */
  close(): Promise<void>;
}

/** A place whose drops are closed when the test is over. */
export class TestPlace implements AsyncDisposable {
  readonly #place: DropPlace;
  readonly #drops: Drop[] = [];

  constructor(place: DropPlace) {
    this.#place = place;
  }

  async open(role: Role): Promise<Drop> {
    const drop = await this.#place.open(role);
    this.#drops.push(drop);
    return drop;
  }

  async both(): Promise<{ readonly a: Drop; readonly b: Drop }> {
    return { a: await this.open('a'), b: await this.open('b') };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#drops.map((drop) => drop.close()));
    await this.#place.close();
  }
}

/** Text like that of an envelope, different every time. */
export function randomBody(bytes = 200): string {
  return randomBytes(bytes).toString('base64url').slice(0, bytes);
}

export function bodies(count: number, bytes = 200): string[] {
  return Array.from({ length: count }, (_, index) => `${index}-${randomBody(bytes)}`);
}

/** Leaves all of them in order, in batches that the drop takes. */
export async function leaveAll(drop: Drop, role: Role, texts: readonly string[]): Promise<void> {
  let batch: string[] = [];
  let bytes = 0;
  const flush = async () => {
    if (batch.length > 0) await drop.leave(batch.map((body) => ({ to: otherRole(role), body })));
    batch = [];
    bytes = 0;
  };
  for (const text of texts) {
    const fits = batch.length < drop.limits.batchBodies && bytes + text.length <= drop.limits.batchBytes;
    if (!fits) await flush();
    batch.push(text);
    bytes += text.length;
  }
  await flush();
}

/** Collects this many bodies, waiting for them, and settles each as done. */
export async function collectDone(drop: Drop, count: number): Promise<string[]> {
  const texts: string[] = [];
  if (count === 0) return texts;
  for await (const batch of drop.collect({ wait: true })) {
    await Promise.all(batch.map((delivery) => delivery.done()));
    texts.push(...batch.map((delivery) => delivery.body));
    if (texts.length >= count) break;
  }
  return texts;
}

/** What is there now, each settled as done. */
export async function collectNow(drop: Drop): Promise<string[]> {
  const texts: string[] = [];
  for await (const batch of drop.collect({ wait: false })) {
    await Promise.all(batch.map((delivery) => delivery.done()));
    texts.push(...batch.map((delivery) => delivery.body));
  }
  return texts;
}

/** The next batch of an iteration that waits. */
export async function nextBatch(iterator: AsyncIterator<readonly Delivery[]>): Promise<readonly Delivery[]> {
  const { value, done } = await iterator.next();
  if (done === true || value === undefined) throw new Error('the collection ended without a batch');
  return value;
}

export function freshKey(role: Role): string {
  return formatParcelKey(role, Date.now() + 3_600_000, randomBytes(16));
}

/** Bytes cut into parts that any drop takes: all of the least size but the last, which is smaller. */
export function parcelOf(store: ParcelStore, wholeParts: number, rest: number) {
  const partBytes = Math.max(store.minPartBytes, 64 * 1024);
  const bytes = randomBytes(wholeParts * partBytes + rest);
  const count = wholeParts + (rest > 0 ? 1 : 0);
  const part = (number: number) => {
    const offset = (number - 1) * partBytes;
    const content = bytes.subarray(offset, Math.min(offset + partBytes, bytes.length));
    // Cut at an odd place, as the chunks of an encrypted file are.
    const middle = Math.min(1_234, content.length);
    return { number, offset, pieces: [content.subarray(0, middle), content.subarray(middle)] };
  };
  return { bytes, partBytes, parts: Array.from({ length: count }, (_, index) => part(index + 1)) };
}

/** Puts a whole parcel and makes it visible. */
export async function putParcel(
  store: ParcelStore,
  key: string,
  parcel: { readonly parts: ReturnType<typeof parcelOf>['parts'] },
): Promise<string> {
  const ticket = await store.create(key);
  const receipts = await Promise.all(parcel.parts.map((part) => store.putPart(key, ticket, part)));
  await store.complete(key, ticket, receipts);
  return ticket;
}

export async function readRange(store: ParcelStore, key: string, offset: number, length: number): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of store.get(key, { offset, length })) {
    pieces.push(Uint8Array.from(piece));
    // As a reader may who opens it in place: nobody else may see that.
    piece.fill(0);
  }
  return Buffer.concat(pieces);
}

/** Compared instead of megabytes, so that a failure can be read. */
export function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

export function parcelsOf(drop: Drop): ParcelStore {
  if (drop.parcels === undefined) throw new Error(`the drop ${drop.kind} keeps no parcels`);
  return drop.parcels;
}
