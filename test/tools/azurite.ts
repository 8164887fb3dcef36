/** Azurite's queue and blob servers in this process, on free ports of 127.0.0.1, with all they hold in memory. */
import BlobConfiguration from 'azurite/dist/src/blob/BlobConfiguration.js';
import BlobServer from 'azurite/dist/src/blob/BlobServer.js';
import constants from 'azurite/dist/src/blob/utils/constants.js';
import memory from 'azurite/dist/src/common/persistence/MemoryExtentStore.js';
import QueueConfiguration from 'azurite/dist/src/queue/QueueConfiguration.js';
import QueueServer from 'azurite/dist/src/queue/QueueServer.js';

export interface AzuriteOptions {
  /** Files: with them it speaks TLS, and takes tokens of Entra, whose claims it reads without asking who made them. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

export class Azurite implements AsyncDisposable {
  readonly account = constants.EMULATOR_ACCOUNT_NAME;
  readonly endpoints: { readonly queue: string; readonly blob: string };
  readonly #servers: readonly { close(): Promise<void> }[];

  private constructor(endpoints: { queue: string; blob: string }, servers: readonly { close(): Promise<void> }[]) {
    this.endpoints = endpoints;
    this.#servers = servers;
  }

  static async start({ tls }: AzuriteOptions = {}): Promise<Azurite> {
    const queue = new QueueServer.default(new QueueConfiguration.default(...settings(tls)));
    const blob = new BlobServer.default(new BlobConfiguration.default(...settings(tls)));
    await Promise.all([queue.start(), blob.start()]);
    const url = (server: typeof queue) => `${server.getHttpServerAddress()}/${constants.EMULATOR_ACCOUNT_NAME}`;
    return new Azurite({ queue: url(queue), blob: url(blob) }, [queue, blob]);
  }

  /** Of the account's owner. The key is public: it is the same in every Azurite. */
  get connectionString(): string {
    const { queue, blob } = this.endpoints;
    const account = `AccountName=${this.account};AccountKey=${constants.EMULATOR_ACCOUNT_KEY_STR}`;
    return `${account};QueueEndpoint=${queue};BlobEndpoint=${blob}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.close()));
  }
}

/** By position, as Azurite's configurations take them; the two services' are alike. */
function settings(tls: AzuriteOptions['tls']): unknown[] {
  return [
    '127.0.0.1',
    0,
    /* seconds that an idle connection is kept */ 60,
    /* databases, which are in memory */ '',
    '',
    [],
    /* access log */ false,
    undefined,
    /* debug log */ false,
    undefined,
    /* loose */ false,
    /* no check of the API's version */ true,
    ...(tls ? [tls.cert, tls.key] : ['', '']),
    '',
    tls ? 'basic' : undefined,
    /* no account in the host's name */ true,
    /* in memory */ true,
    new memory.MemoryExtentChunkStore(undefined),
  ];
}
