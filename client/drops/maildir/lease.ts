/**
 * A collector's sign of life: a file whose time of change is renewed while the collector holds letters. Whoever finds
 * letters held by one that is gone puts them back.
 */
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { errorCode } from '../../errors.ts';
import { isMissing } from './errors.ts';
import type { FileSystem, OpenFile } from './file-system.ts';
import { createFile, type Modes, removeFile } from './files.ts';
import { formatHolder, parseHolder } from './layout.ts';

const SIGN = Buffer.from('.');

export class Lease {
  readonly holder: string;
  readonly #files: FileSystem;
  readonly #path: string;
  readonly #modes: Modes;
  readonly #visibility: number;
  #timer: NodeJS.Timeout | undefined;
  #renewedAt = Number.NEGATIVE_INFINITY;
  #renewing: Promise<number> | undefined;

  constructor(files: FileSystem, leases: string, modes: Modes, visibility: number) {
    this.#files = files;
    this.holder = formatHolder({ random: randomBytes(6).toString('hex'), host: hostMark(), pid: process.pid });
    this.#path = `${leases}/${this.holder}`;
    this.#modes = modes;
    this.#visibility = visibility;
  }

  /** Makes sure that the lease is fresh, and keeps it so until `end`. Call before every claim. */
  async hold(): Promise<void> {
    if (Date.now() - this.#renewedAt > this.#visibility / 6) await this.renew();
  }

  /** Resolves to the time by the file system's own clock, which all who share it agree on. */
  renew(): Promise<number> {
    this.#renewing ??= this.#renewNow().finally(() => {
      this.#renewing = undefined;
    });
    return this.#renewing;
  }

  async end(): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    await this.#renewing?.catch(() => undefined);
    if (this.#renewedAt !== Number.NEGATIVE_INFINITY) await removeFile(this.#files, this.#path);
  }

  async #renewNow(): Promise<number> {
    this.#timer ??= this.#startTimer();
    const handle = await this.#files.open(this.#path, 'write').catch((error: unknown) => {
      if (isMissing(error)) return createFile(this.#files, this.#path, this.#modes);
      throw error;
    });
    try {
      await touch(handle);
      this.#renewedAt = Date.now();
    } finally {
      await handle.close();
    }
    return (await this.#files.stat(this.#path)).mtimeMs;
  }

  #startTimer(): NodeJS.Timeout {
    const timer = setInterval(() => {
      // If this fails the lease runs out and the letters come a second time, which every receiver expects; the
      // trouble itself is met, and told, by the next call that claims or settles.
      this.renew().catch(() => undefined);
    }, this.#visibility / 4);
    timer.unref();
    return timer;
  }
}

/**
 * A write, unlike utimes, takes the server's clock where the folder is on a share. Where there is no space left for
 * that one byte our own clock has to do: collecting is what makes room again.
 */
async function touch(handle: OpenFile): Promise<void> {
  try {
    await handle.write(SIGN, 0, SIGN.length, 0);
  } catch (error) {
    if (!['ENOSPC', 'EDQUOT'].includes(errorCode(error) ?? '')) throw error;
    const now = new Date();
    await handle.utimes(now, now);
  }
}

/**
 * Whether a holder is gone: its process on this machine has ended, or its lease is missing or not renewed for
 * `visibility` milliseconds before `now`, which is the file system's time.
 */
export async function isGone(
  files: FileSystem,
  leases: string,
  holder: string,
  now: number,
  visibility: number,
): Promise<boolean> {
  const parsed = parseHolder(holder);
  if (parsed?.host === hostMark() && !isRunning(parsed.pid)) return true;
  try {
    return now - (await files.stat(`${leases}/${holder}`)).mtimeMs > visibility;
  } catch (error) {
    if (isMissing(error)) return true;
    throw error;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) !== 'ESRCH';
  }
}

let mark: string | undefined;

/** Stands for this machine, this boot and, in a container, its own numbering of processes. */
function hostMark(): string {
  if (mark === undefined) {
    const parts = [
      hostname(),
      readOr('', () => readFileSync('/proc/sys/kernel/random/boot_id', 'latin1')),
      readOr('', () => readlinkSync('/proc/self/ns/pid')),
    ];
    mark = createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 12);
  }
  return mark;
}

/** Where there is no /proc the host's name has to do. */
function readOr(otherwise: string, read: () => string): string {
  try {
    return read();
  } catch {
    return otherwise;
  }
}
