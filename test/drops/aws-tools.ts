/** A stand-in for the endpoint, where a test needs answers that no emulator gives. */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import type { AwsDropOptions } from '../../client/drops/aws/index.ts';
import { openAwsDrop } from '../../client/drops/aws/index.ts';

export const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
/** Short enough for tests; every wait still ends by what happens, not by the machine's speed. */
export const timing = { connect: 2_000, answer: 400, attempts: 3, backoff: 5, backoffLimit: 20 };

export interface StubCall {
  readonly action: string;
  readonly body: Record<string, unknown>;
}

export interface StubAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** Answers SQS calls with what `answer` says, one after the other. */
export async function stubSqs(answer: (call: StubCall, index: number) => StubAnswer | Promise<StubAnswer>) {
  const calls: StubCall[] = [];
  const server = createServer(async (request, response) => {
    const call = {
      action: String(request.headers['x-amz-target'] ?? '').replace('AmazonSQS.', ''),
      body: await json(request),
    };
    calls.push(call);
    reply(response, await answer(call, calls.length - 1));
  });
  const endpoint = await listen(server);
  return { calls, endpoint, drop: dropAt(endpoint), [Symbol.asyncDispose]: () => stop(server) };
}

/** A server of plain TCP: silence, or bytes that are no HTTP. */
export async function stubTcp(connected: (socket: Socket) => void) {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
    connected(socket);
  });
  const endpoint = await listen(server);
  return {
    endpoint,
    drop: dropAt(endpoint),
    [Symbol.asyncDispose]: () => {
      for (const socket of sockets) socket.destroy();
      return stop(server);
    },
  };
}

export function dropAt(endpoint: string) {
  return (options: Partial<AwsDropOptions> = {}) =>
    openAwsDrop({
      address: {
        kind: 'aws',
        queues: { 'a-to-b': `${endpoint}/1/ab.fifo`, 'b-to-a': `${endpoint}/1/ba.fifo` },
        bucket: 'bucket',
        region: 'eu-central-1',
        endpoint,
      },
      role: 'a',
      credentials,
      timing,
      ...options,
    });
}

export function failure(name: string, message = 'no', status = 400): StubAnswer {
  return {
    status,
    headers: { 'x-amzn-query-error': `${name};Sender` },
    body: { __type: `com.amazonaws.sqs#${name}`, message },
  };
}

export function entries(call: StubCall): Record<string, string>[] {
  return Array.isArray(call.body.Entries) ? call.body.Entries : [];
}

export function sent(body: unknown): Record<string, string> {
  return { MessageId: 'id', MD5OfMessageBody: md5(String(body)) };
}

export function message(body: string) {
  return { MessageId: body, ReceiptHandle: `handle ${body}`, Body: body, MD5OfBody: md5(body) };
}

/** Every entry of a batch succeeded. */
export function allGood(call: StubCall): StubAnswer {
  return {
    body: { Successful: entries(call).map(({ Id, MessageBody }) => ({ Id, ...sent(MessageBody) })), Failed: [] },
  };
}

function md5(body: string): string {
  return createHash('md5').update(body).digest('hex');
}

function reply(response: ServerResponse, { status = 200, headers = {}, body }: StubAnswer): void {
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0', ...headers });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}

async function json(request: IncomingMessage): Promise<Record<string, unknown>> {
  let text = '';
  for await (const piece of request) text += piece;
  return text === '' ? {} : JSON.parse(text);
}

/** Listens on a free port of 127.0.0.1; returns its URL. */
export async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return `http://127.0.0.1:${port}`;
}

function stop(server: Server): Promise<void> {
  if ('closeAllConnections' in server && typeof server.closeAllConnections === 'function') server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
