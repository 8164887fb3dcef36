/**
 * What parcels-disk.test.ts runs in a process of its own.
 *   fill DISK: downloads 30 MiB to a disk that is first filled up and then freed; prints what was seen as JSON.
 *   put|get FOLDER SOURCE: sends the source into a drop that keeps nothing, or fetches as much; prints the peak in MiB.
 */
import { createSecretKey, randomBytes } from 'node:crypto';
import { readdir, readFile, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { parseArgs } from 'node:util';
import {
  chunkCount,
  chunkSeal,
  hashTags,
  STORED_CHUNK_BYTES,
  sealChunk,
  storedSize,
} from '../../client/crypto/parcel.ts';
import type { ByteRange, ParcelStore, PartInput } from '../../client/drops/drop.ts';
import { BtrError } from '../../client/errors.ts';
import { download } from '../../client/messenger/parcels/download.ts';
import { openSource } from '../../client/messenger/parcels/source.ts';
import { upload } from '../../client/messenger/parcels/upload.ts';
import type { FileNotice } from '../../client/protocol/file-notice.ts';
import { formatParcelKey } from '../../client/protocol/parcel-key.ts';
import { limits, MemoryJournal, MemoryParcels, MIB, send } from './parcels-support.ts';

const [way, folder = '', source = ''] = parseArgs({ allowPositionals: true }).positionals;

/** Counts what it is given, and gives out chunks of zeros sealed with a known key as if they had been stored. */
class EndlessParcels implements ParcelStore {
  readonly maxParts = 1_000_000;
  readonly minPartBytes = MIB;
  readonly notice: FileNotice;

  constructor(size: number) {
    const expiresAt = Date.now() + 3_600_000;
    const hollow = { name: 'file.bin', type: 'file', burn: false, expiresAt, size, chunks: chunkCount(size) } as const;
    const id = randomBytes(16);
    this.notice = {
      ...hollow,
      id,
      key: randomBytes(32),
      objectKey: formatParcelKey('a', expiresAt, randomBytes(16)),
      tagsHash: new Uint8Array(32),
    };
    const chunk = new Uint8Array(STORED_CHUNK_BYTES);
    const seals = Array.from({ length: this.notice.chunks }, (_, index) => chunkSeal(this.#sealed(index, chunk)));
    this.notice = { ...this.notice, tagsHash: hashTags(seals) };
  }

  async create(): Promise<string> {
    return 'ticket';
  }

  async putPart(_key: string, _ticket: string, part: PartInput): Promise<string> {
    return String(part.number);
  }

  async complete(): Promise<void> {}

  async abort(): Promise<void> {}

  async remove(): Promise<void> {}

  async *get(_key: string, range: ByteRange): AsyncGenerator<Uint8Array> {
    const chunk = new Uint8Array(STORED_CHUNK_BYTES);
    for (let at = range.offset; at < range.offset + range.length; at += STORED_CHUNK_BYTES) {
      yield this.#sealed(at / STORED_CHUNK_BYTES, chunk);
    }
  }

  /** The nonce is the chunk's number: fit for zeros in a test, for nothing else. */
  #sealed(index: number, chunk: Uint8Array): Uint8Array {
    const nonce = Buffer.alloc(12);
    nonce.writeUInt32BE(index, 8);
    chunk.fill(0);
    const place = { parcelId: this.notice.id, index, final: index === this.notice.chunks - 1 };
    sealChunk(createSecretKey(this.notice.key), place, nonce, chunk);
    return chunk;
  }
}

async function measure(): Promise<string> {
  const { size } = await stat(source);
  if (size % MIB !== 0 || storedSize(size) % STORED_CHUNK_BYTES !== 0) throw new Error('whole chunks only');
  const parcels = new EndlessParcels(size);
  const journal = new MemoryJournal();
  if (way === 'put') {
    const opened = await openSource(source);
    const expiresAt = Date.now() + 3_600_000;
    await upload({ parcels, limits, role: 'a', source: opened, expiresAt, burn: false, journal });
    await opened.close();
  } else {
    const { path } = await download({ parcels, notice: parcels.notice, target: { folder }, journal });
    if (path !== undefined) await rm(path);
  }
  return String(Math.round(process.resourceUsage().maxRSS / 1024));
}

async function fillUp(): Promise<string> {
  const content = randomBytes(20 * MIB);
  const parcels = new MemoryParcels();
  const opened = await openSource('-', { stdin: Readable.from([content], { objectMode: false }), name: 'file.bin' });
  const notice = await send(parcels, opened);
  const journal = new MemoryJournal();
  const { bavail, bsize } = await statfs(folder);
  // Somebody else takes the space after the first look at it.
  parcels.before = async (call, offset) => {
    if (call !== 'get' || offset === 0) return;
    await writeFile(join(folder, 'other'), Buffer.alloc(bavail * bsize - 10 * MIB)).catch(() => undefined);
  };
  const request = { parcels, notice, target: { folder }, journal, retryDelays: [] };
  const failure: unknown = await download(request).catch((error: unknown) => error);
  if (!(failure instanceof BtrError)) throw failure;
  const kept = (await readdir(folder)).some((name) => name.endsWith('.part')) && journal.head !== undefined;
  await rm(join(folder, 'other'));
  parcels.before = () => undefined;
  parcels.calls.length = 0;
  const saved = journal.saved.size;
  const { path = '' } = await download(request);
  const resumed = parcels.count('get') === 3 - saved;
  const same = Buffer.compare(await readFile(path), content) === 0;
  return JSON.stringify({
    code: failure.code,
    exitCode: failure.exitCode,
    kept,
    resumed,
    same,
    left: await readdir(folder),
  });
}

process.stdout.write(way === 'fill' ? await fillUp() : await measure());
