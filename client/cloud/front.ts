/** What stands before the emulator, in the same server: counting, cancellable long polls, and the guard of its S3. */
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { buildApp } from 'fauxqs';
import { receiveMessage } from '../../node_modules/fauxqs/dist/sqs/actions/receiveMessage.js';
import type { SqsQueue, SqsStore } from '../../node_modules/fauxqs/dist/sqs/sqsStore.js';
import { inUrlEncoding, uploadsPage } from './listings.ts';
import { LongPolls } from './polls.ts';
import { objectOf, refusal, s3Action, uploadsOf, wishesEncoding } from './s3-guard.ts';
import type { Stores } from './stores.ts';

export type App = ReturnType<typeof buildApp>;

/** Most bytes of one S3 request: a part may have 5 GiB, but here it is held in memory. */
const BODY_LIMIT = 512 * 1024 * 1024;

export interface Front {
  /** How often each API action was called. */
  readonly calls: Map<string, number>;
  /** Lets requests through: until then they wait, since the stores are still being filled. */
  open(): void;
}

/** Must be called before the app listens. */
export function putFront(app: App, stores: Stores): Front {
  const calls = new Map<string, number>();
  const opened = Promise.withResolvers<void>();
  app.addHook('onRequest', async (request) => {
    await opened.promise;
    const action = actionOf(request.raw);
    calls.set(action, (calls.get(action) ?? 0) + 1);
  });
  guardS3(app, stores);
  listUploads(app, stores);
  encodeListings(app);
  takeLargeBodies(app);
  readQuotes(app);
  answerLongPolls(app, stores.sqsStore);
  return { calls, open: opened.resolve };
}

function actionOf(request: IncomingMessage): string {
  return queueAction(request) ?? s3Action(request.method ?? '', request.url ?? '');
}

/** The action of a request that is not S3's. */
function queueAction(request: IncomingMessage): string | undefined {
  const target = request.headers['x-amz-target'];
  if (typeof target === 'string') return target.replace(/^AmazonSQS\./, '');
  const isForm = request.headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true;
  return request.method === 'POST' && isForm ? 'Query' : undefined;
}

function guardS3(app: App, { s3Store }: Stores): void {
  app.addHook('onRequest', async (request, reply) => {
    const { method = '', url = '', headers } = request.raw;
    if (queueAction(request.raw) !== undefined) return;
    const refused = refusal(method, url) ?? taken(headers['if-none-match'], method, url);
    if (refused === undefined) return;
    const body = `<?xml version="1.0"?><Error><Code>${refused.code}</Code><Message>${refused.message}</Message></Error>`;
    return reply.status(refused.status).header('content-type', 'application/xml').send(body);
  });

  /** The emulator ignores the condition that a key be free. */
  function taken(condition: string | undefined, method: string, url: string) {
    const object = condition === '*' && method === 'PUT' ? objectOf(url) : undefined;
    if (object === undefined || !s3Store.hasBucket(object.bucket)) return undefined;
    const { objects } = s3Store.listObjects(object.bucket, { prefix: object.key, maxKeys: 1 });
    if (objects[0]?.key !== object.key) return undefined;
    return { status: 412, code: 'PreconditionFailed', message: 'The key is taken.' };
  }
}

/** The emulator would list objects. */
function listUploads(app: App, { s3Store }: Stores): void {
  app.addHook('onRequest', async (request, reply) => {
    const asked = uploadsOf(request.raw.method ?? '', request.raw.url ?? '');
    // The emulator says what there is to say of a bucket that is not there.
    if (asked === undefined || !s3Store.hasBucket(asked.bucket)) return;
    const body = uploadsPage(s3Store.uploadsIn(asked.bucket), asked.query);
    return reply.header('content-type', 'application/xml').send(body);
  });
}

/** The emulator ignores the wish for names that any XML can hold. */
function encodeListings(app: App): void {
  app.addHook('onSend', async ({ raw }, _reply, payload) => {
    const isWished = wishesEncoding(raw.method ?? '', raw.url ?? '');
    return isWished && typeof payload === 'string' ? inUrlEncoding(payload) : payload;
  });
}

/** The emulator refuses bodies over 11 MiB; a part of S3 may be far larger. Read once, into a buffer of its length. */
function takeLargeBodies(app: App): void {
  app.removeContentTypeParser('');
  app.addContentTypeParser('*', async (_request: unknown, payload: IncomingMessage) => {
    const length = Number(payload.headers['content-length'] ?? Number.NaN);
    const limit = Number.isNaN(length) ? BODY_LIMIT : length;
    if (limit > BODY_LIMIT) throw Object.assign(new Error('The body is too large.'), { statusCode: 413 });
    return Number.isNaN(length) ? readAll(payload) : readExactly(payload, length);
  });
}

/** Clients in Go, rclone for one, write the quotes around an ETag by their number, which the emulator can't read. */
function readQuotes(app: App): void {
  app.addHook('preHandler', async (request) => {
    const { method = '', url = '' } = request.raw;
    if (s3Action(method, url) !== 'CompleteMultipartUpload' || !Buffer.isBuffer(request.body)) return;
    request.body = Buffer.from(request.body.toString().replaceAll('&#34;', '&quot;'));
  });
}

async function readExactly(payload: AsyncIterable<Buffer>, length: number): Promise<Buffer> {
  const body = Buffer.allocUnsafe(length);
  let filled = 0;
  for await (const piece of payload) filled += piece.copy(body, filled);
  if (filled !== length) throw Object.assign(new Error('The body ended too early.'), { statusCode: 400 });
  return body;
}

async function readAll(payload: AsyncIterable<Buffer>): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of payload) {
    length += piece.length;
    if (length > BODY_LIMIT) throw Object.assign(new Error('The body is too large.'), { statusCode: 413 });
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

function answerLongPolls(app: App, sqs: SqsStore): void {
  const polls = new LongPolls((queue) => sqs.getQueue(queue.url) !== queue);
  app.addHook('preHandler', async (request, reply) => {
    if (queueAction(request.raw) !== 'ReceiveMessage') return;
    const body = { ...(typeof request.body === 'object' ? request.body : {}) };
    const queue = 'QueueUrl' in body && typeof body.QueueUrl === 'string' ? sqs.getQueue(body.QueueUrl) : undefined;
    const wait = queue === undefined ? 0 : waitTime(body, queue);
    if (queue === undefined || wait === 0 || !isValid(body)) return;

    const { socket } = request.raw;
    const hangUp = watchHangUp(socket);
    const result = await polls.wait(queue, {
      wait,
      gone: hangUp.signal,
      take: async () => {
        const received = await receiveMessage({ ...body, WaitTimeSeconds: 0 }, sqs);
        return received.Messages === undefined ? undefined : received;
      },
    });
    hangUp.stop();
    const deleted = sqs.getQueue(queue.url) !== queue;
    // The emulator says what there is to say of a queue that is not there.
    if (deleted) return;
    const handles = (result?.Messages ?? []).flatMap(({ ReceiptHandle }) => ReceiptHandle ?? []);
    if (hangUp.signal.aborted) giveBack(queue, handles);
    else if (handles.length > 0) watchDelivery(socket, () => giveBack(queue, handles));
    return reply.header('content-type', 'application/x-amz-json-1.0').send(result ?? {});
  });
}

/** How long a receive is to wait, in milliseconds; 0 where it is not, or where the emulator will refuse the number. */
function waitTime(body: object, queue: SqsQueue): number {
  const asked = 'WaitTimeSeconds' in body ? body.WaitTimeSeconds : queue.attributes.ReceiveMessageWaitTimeSeconds;
  const seconds = Number(asked ?? 0);
  return seconds > 0 && seconds <= 20 ? seconds * 1000 : 0;
}

/** Whether the emulator will take the request's other numbers; where not, it says so better without a wait. */
function isValid(body: object): boolean {
  const count = 'MaxNumberOfMessages' in body ? Number(body.MaxNumberOfMessages) : 1;
  const visibility = 'VisibilityTimeout' in body ? Number(body.VisibilityTimeout) : 0;
  return count >= 1 && count <= 10 && visibility >= 0 && visibility <= 43_200;
}

function watchHangUp(socket: Socket): { readonly signal: AbortSignal; stop(): void } {
  const hungUp = new AbortController();
  const abort = () => hungUp.abort();
  if (socket.destroyed || socket.readableEnded) abort();
  socket.once('end', abort).once('close', abort);
  return {
    signal: hungUp.signal,
    stop: () => socket.off('end', abort).off('close', abort),
  };
}

/** How the watch over the last answer on a connection is ended. */
const watches = new WeakMap<Socket, () => void>();

/**
 * A client that hung up while its answer was being written never read it: that shows as an end of its side at the very
 * next look at the sockets, or as a reset. A later end is one that read its answer and left.
 */
function watchDelivery(socket: Socket, undelivered: () => void): void {
  watches.get(socket)?.();
  const timer = setTimeout(() => stop(), 1_000).unref();
  const stop = () => {
    clearTimeout(timer);
    socket.off('end', undelivered).off('error', undelivered);
    watches.delete(socket);
  };
  watches.set(socket, stop);
  socket.once('end', undelivered).once('error', undelivered);
  setImmediate(() => socket.off('end', undelivered));
}

/** As if they had not been received: visible, and not counted. The last first, since each goes to the front. */
function giveBack(queue: SqsQueue, handles: readonly string[]): void {
  for (const handle of handles.toReversed()) {
    const entry = queue.inflightMessages.get(handle);
    if (entry === undefined) continue;
    entry.message.approximateReceiveCount -= 1;
    queue.changeVisibility(handle, 0);
  }
}
