/** What the tests of parcels share: a journal and a drop in memory, and folders that go away again. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { TestContext } from 'node:test';
import type { ByteRange, CallOptions, DropLimits, ParcelStore, PartInput } from '../../client/drops/drop.ts';
import { DropError } from '../../client/errors.ts';
import { type DownloadRequest, download } from '../../client/messenger/parcels/download.ts';
import type { JournalPart, TransferJournal } from '../../client/messenger/parcels/journal.ts';
import { openSource, type Source } from '../../client/messenger/parcels/source.ts';
import { type UploadRequest, upload } from '../../client/messenger/parcels/upload.ts';
import type { FileNotice } from '../../client/protocol/file-notice.ts';

export const limits: DropLimits = {
  bodyBytes: 1_048_576,
  batchBodies: 10,
  batchBytes: 1_048_576,
  parcelBytes: 2 ** 40,
  parcelStay: 14 * 24 * 3_600_000,
};

export const now = Date.UTC(2026, 10, 5, 12, 30);
export const MIB = 1_048_576;

export async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'btr-parcels-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export class MemoryJournal implements TransferJournal {
  head: Uint8Array | undefined;
  readonly saved = new Map<number, JournalPart>();
  holder: string | undefined;
  leases = 0;

  takeLease(): boolean {
    this.leases++;
    if (this.holder !== undefined && this.holder !== 'us') return false;
    this.holder = 'us';
    return true;
  }

  releaseLease(): void {
    if (this.holder === 'us') this.holder = undefined;
  }

  loadHead(): Uint8Array | undefined {
    return this.head;
  }

  saveHead(head: Uint8Array): void {
    this.head = Uint8Array.from(head);
  }

  addPart(part: JournalPart): void {
    this.saved.set(part.number, { ...part, seals: Uint8Array.from(part.seals) });
  }

  parts(): Iterable<JournalPart> {
    return this.saved.values();
  }

  clear(): void {
    this.head = undefined;
    this.saved.clear();
  }
}

/** A parcel store in memory; `before` may throw, wait or count, and `pieceBytes` says how it cuts what it streams. */
export class MemoryParcels implements ParcelStore {
  readonly maxParts = 10_000;
  readonly minPartBytes = 5 * MIB;
  readonly parcels = new Map<string, Buffer>();
  readonly uploads = new Map<string, Map<number, Buffer>>();
  readonly calls: string[] = [];
  pieceBytes = 100_000;
  before: (call: string, detail: number) => void | Promise<void> = () => undefined;

  async create(_key: string, _options?: CallOptions): Promise<string> {
    await this.#call('create', 0);
    const ticket = randomBytes(8).toString('hex');
    this.uploads.set(ticket, new Map());
    return ticket;
  }

  async putPart(_key: string, ticket: string, part: PartInput, _options?: CallOptions): Promise<string> {
    await this.#call('putPart', part.number);
    const bytes = Buffer.concat(part.pieces);
    const upload = this.#upload(ticket);
    upload.set(part.number, bytes);
    return `${part.number}:${part.offset}:${bytes.length}`;
  }

  async complete(key: string, ticket: string, receipts: readonly string[], _options?: CallOptions): Promise<void> {
    await this.#call('complete', receipts.length);
    const parts = this.#upload(ticket);
    const whole: Buffer[] = [];
    let offset = 0;
    for (const [index, receipt] of receipts.entries()) {
      const part = parts.get(index + 1);
      if (part === undefined || receipt !== `${index + 1}:${offset}:${part.length}`) throw new Error('bad receipt');
      whole.push(part);
      offset += part.length;
    }
    this.parcels.set(key, Buffer.concat(whole));
  }

  async abort(_key: string, ticket: string, _options?: CallOptions): Promise<void> {
    await this.#call('abort', 0);
    this.uploads.delete(ticket);
  }

  async *get(key: string, range: ByteRange, options?: CallOptions): AsyncGenerator<Uint8Array> {
    await this.#call('get', range.offset);
    const parcel = this.parcels.get(key);
    if (parcel === undefined) throw new DropError('gone', { code: 'no-such-parcel', retryable: false });
    const bytes = parcel.subarray(range.offset, range.offset + range.length);
    for (let at = 0; at < bytes.length; at += this.pieceBytes) {
      options?.signal?.throwIfAborted();
      await this.#call('piece', range.offset + at);
      yield Uint8Array.from(bytes.subarray(at, at + this.pieceBytes));
    }
  }

  async remove(key: string): Promise<void> {
    this.parcels.delete(key);
  }

  count(call: string): number {
    return this.calls.filter((made) => made === call).length;
  }

  async #call(call: string, detail: number): Promise<void> {
    this.calls.push(call);
    await this.before(call, detail);
  }

  #upload(ticket: string): Map<number, Buffer> {
    const upload = this.uploads.get(ticket);
    if (upload === undefined) throw new DropError('no upload', { code: 'no-such-upload', retryable: false });
    return upload;
  }
}

export function passing(): DropError {
  return new DropError('The line was cut.', { code: 'cut', retryable: true });
}

export function send(parcels: MemoryParcels, source: Source, more: Partial<UploadRequest> = {}): Promise<FileNotice> {
  return upload({
    parcels,
    limits,
    role: 'a',
    source,
    expiresAt: now + 3_600_000,
    burn: false,
    journal: new MemoryJournal(),
    now: () => now,
    retryDelays: [0, 0],
    ...more,
  });
}

export interface SentParcel {
  /** An empty one, for what is fetched. */
  readonly folder: string;
  readonly content: Buffer;
  readonly parcels: MemoryParcels;
  readonly notice: FileNotice;
}

/** A file of so many random bytes, sent. */
export async function sentParcel(t: TestContext, bytes: number, name = 'file.bin'): Promise<SentParcel> {
  const folder = await temporaryFolder(t);
  const content = randomBytes(bytes);
  const parcels = new MemoryParcels();
  const source = await openSource('-', { stdin: Readable.from([content], { objectMode: false }), name });
  const notice = await send(parcels, source);
  await source.close();
  return { folder, content, parcels, notice };
}

export function fetchParcel({ folder, parcels, notice }: SentParcel, more: Partial<DownloadRequest> = {}) {
  return download({
    parcels,
    notice,
    target: { folder },
    journal: new MemoryJournal(),
    now: () => now,
    retryDelays: [0, 0],
    ...more,
  });
}
