/** Files on their way in either direction, with their progress, for an interface. */
import type { Readable } from 'node:stream';
import { BtrError, type DropError, errorText, withHint } from '../errors.ts';
import type { NoticeEvent } from './events.ts';
import type { FileInfo } from './files.ts';
import type { Messenger } from './messenger.ts';
import type { DownloadTarget } from './parcels/index.ts';

export interface TransferInfo {
  /** Counts from 1 in this process. */
  readonly id: number;
  readonly channel: string;
  readonly direction: 'in' | 'out';
  readonly name: string;
  /** The file's id: from the start of one that comes, from the end of one that goes. */
  readonly file?: string;
  /** Bytes. */
  readonly done: number;
  /** Bytes, where that is known. */
  readonly total?: number;
  readonly state: 'running' | 'done' | 'failed' | 'cancelled';
  /** Where it was saved. */
  readonly path?: string;
  readonly error?: {
    readonly code: string;
    readonly text: string;
    readonly hint?: string;
    /** What a command would end with. */
    readonly exitCode: number;
  };
}

/** Progress is told at most so often, in milliseconds. */
const pause = 100;
/** Transfers that have ended and are still listed. */
const mostEnded = 50;

interface Sending {
  /** A path, or what a stream is called. */
  readonly path?: string;
  readonly stream?: { readonly readable: Readable; readonly name: string; readonly size?: number };
  readonly stay?: number | undefined;
  readonly burn?: boolean;
}

interface UnderWay {
  readonly stop: AbortController;
  readonly ended: Promise<TransferInfo>;
}

export class TransferList {
  readonly #messenger: Messenger;
  readonly #signal: AbortSignal;
  readonly #tell: (transfer: TransferInfo) => void;
  readonly #tellNotice: (notice: NoticeEvent) => void;
  readonly #fail: (error: unknown) => void;
  readonly #list = new Map<number, TransferInfo>();
  readonly #underWay = new Map<number, UnderWay>();
  #next = 1;

  /** @param fail hears of a fault of ours. */
  constructor(
    messenger: Messenger,
    signal: AbortSignal,
    tell: (transfer: TransferInfo) => void,
    tellNotice: (notice: NoticeEvent) => void,
    fail: (error: unknown) => void,
  ) {
    this.#messenger = messenger;
    this.#signal = signal;
    this.#tell = tell;
    this.#tellNotice = tellNotice;
    this.#fail = fail;
  }

  /** Those under way and the latest that have ended, oldest first. */
  list(): TransferInfo[] {
    return [...this.#list.values()];
  }

  /** Sends a file or folder. Answers at once; `ended` tells what became of it. */
  send(channel: string, { path, stream, stay, burn }: Sending): { id: number; ended: Promise<TransferInfo> } {
    const name = stream?.name ?? path ?? '';
    const start: Partial<TransferInfo> = stream?.size === undefined ? {} : { total: stream.size };
    return this.#run({ channel, direction: 'out', name, ...start }, async (signal, onProgress) => {
      const source = stream ? { path: '-', stdin: stream.readable, name: stream.name } : { path: path ?? '' };
      const options = { ...source, stay, signal, onProgress, ...(burn === undefined ? {} : { burn }) };
      const sent: FileInfo = await this.#messenger.sendFile(channel, options);
      return { file: sent.id, name: sent.name, done: sent.size, total: sent.size };
    });
  }

  /** Fetches a file that was received. */
  fetch(file: FileInfo, target: DownloadTarget): { id: number; ended: Promise<TransferInfo> } {
    const { id, channel, name, size: total } = file;
    return this.#run({ channel, direction: 'in', name, file: id, total }, async (signal, onProgress) => {
      const onUnburned = (error: DropError) =>
        this.#tellNotice({ type: 'notice', channel, code: error.code, text: withHint(error) });
      const path = await this.#messenger.getFile(id, { target, signal, onProgress, onUnburned });
      return { done: total, ...(path === undefined ? {} : { path }) };
    });
  }

  /** Ends one that is under way; what a file's upload or download has so far is kept for the next try. */
  cancel(id: number): void {
    this.#underWay.get(id)?.stop.abort();
  }

  /** Resolves when all have ended, which the signal makes them do. */
  async end(): Promise<void> {
    await Promise.all([...this.#underWay.values()].map(({ ended }) => ended));
  }

  #run(
    start: Pick<TransferInfo, 'channel' | 'direction' | 'name'> & Partial<TransferInfo>,
    work: (
      signal: AbortSignal,
      onProgress: (done: number, total: number | undefined) => void,
    ) => Promise<Partial<TransferInfo>>,
  ): { id: number; ended: Promise<TransferInfo> } {
    const id = this.#next++;
    const stop = new AbortController();
    this.#set({ id, done: 0, state: 'running', ...start });
    let toldAt = 0;
    const onProgress = (done: number, total: number | undefined) => {
      const now = performance.now();
      if (now - toldAt < pause) return;
      toldAt = now;
      this.#update(id, { done, ...(total === undefined ? {} : { total }) });
    };
    const signal = AbortSignal.any([this.#signal, stop.signal]);
    const ended = work(signal, onProgress)
      .then(
        (result) => this.#update(id, { ...result, state: 'done' }),
        (error: unknown) => this.#update(id, this.#failure(error, signal)),
      )
      .finally(() => this.#underWay.delete(id));
    this.#underWay.set(id, { stop, ended });
    return { id, ended };
  }

  #update(id: number, change: Partial<TransferInfo>): TransferInfo {
    const before = this.#list.get(id);
    if (!before) throw new Error(`there is no transfer ${id}`);
    return this.#set({ ...before, ...change });
  }

  #set(transfer: TransferInfo): TransferInfo {
    this.#list.set(transfer.id, transfer);
    const ended = this.list().filter(({ state }) => state !== 'running');
    for (const { id } of ended.slice(0, -mostEnded)) this.#list.delete(id);
    this.#tell(transfer);
    return transfer;
  }

  #failure(error: unknown, signal: AbortSignal): Partial<TransferInfo> {
    if (signal.aborted) return { state: 'cancelled' };
    if (!(error instanceof BtrError)) this.#fail(error);
    const known = error instanceof BtrError ? error : new BtrError('internal', errorText(error), { code: 'internal' });
    const { code, message: text, hint, exitCode } = known;
    return { state: 'failed', error: { code, text, exitCode, ...(hint === undefined ? {} : { hint }) } };
  }
}
