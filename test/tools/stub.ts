/** Endpoints that do what no emulator does: refuse, expire, hang, talk nonsense. What they don't refuse goes on to a cloud. */
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket, type Server as TcpServer } from 'node:net';
import { text } from 'node:stream/consumers';

export interface Refusal {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

/** An error as SQS answers it. */
export function sqsError(status: number, name: string, message = 'no more words'): Refusal {
  const headers = { 'content-type': 'application/x-amz-json-1.0', 'x-amzn-requestid': 'test' };
  return { status, headers, body: JSON.stringify({ __type: `com.amazonaws.sqs#${name}`, message }) };
}

export interface Stub {
  readonly endpoint: string;
  /** The actions that were asked for. */
  readonly calls: readonly string[];
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * @param behind the endpoint that answers what is not refused.
 * @param refuse given the action (`SendMessage`; for S3 the HTTP method) and how often it was asked before.
 */
export async function stubEndpoint(
  behind: string,
  refuse: (action: string, before: number) => Refusal | undefined,
): Promise<Stub> {
  const calls: string[] = [];
  const server = createServer((incoming, response) => {
    const action = actionOf(incoming);
    const refusal = refuse(action, calls.filter((call) => call === action).length);
    calls.push(action);
    if (refusal) answer(incoming, response, refusal);
    else forward(behind, incoming, response);
  });
  return stubOf(server, calls);
}

/** Passes everything on to a cloud, SQS requests as `change` rewrites them. */
export async function stubRequests(behind: string, change: (action: string, body: string) => string): Promise<Stub> {
  const calls: string[] = [];
  const server = createServer((incoming, response) => {
    const action = actionOf(incoming);
    calls.push(action);
    const isQueue = incoming.headers['x-amz-target'] !== undefined;
    forward(behind, incoming, response, isQueue ? (body) => change(action, body) : undefined);
  });
  return stubOf(server, calls);
}

/** A server of plain TCP: silence, or bytes that are no HTTP. */
export async function stubTcp(connected: (socket: Socket) => void): Promise<Stub> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket.on('error', () => {}));
    connected(socket);
  });
  const endpoint = await listen(server);
  const close = () => {
    for (const socket of sockets) socket.destroy();
    return closed(server);
  };
  return { endpoint, calls: [], [Symbol.asyncDispose]: close };
}

async function stubOf(server: Server, calls: readonly string[]): Promise<Stub> {
  const endpoint = await listen(server);
  const close = () => {
    server.closeAllConnections();
    return closed(server);
  };
  return { endpoint, calls, [Symbol.asyncDispose]: close };
}

function actionOf({ headers, method = '' }: IncomingMessage): string {
  const target = headers['x-amz-target'];
  return typeof target === 'string' ? target.replace('AmazonSQS.', '') : method;
}

function answer(incoming: IncomingMessage, response: ServerResponse, { status, headers, body }: Refusal): void {
  incoming.resume();
  incoming.on('end', () => response.writeHead(status, headers).end(body));
}

function forward(
  behind: string,
  incoming: IncomingMessage,
  response: ServerResponse,
  change?: (body: string) => string,
): void {
  const { method, url = '/' } = incoming;
  const { 'content-length': length, ...headers } = incoming.headers;
  const kept = change || length === undefined ? headers : incoming.headers;
  const onward = request(new URL(url, behind), { method, headers: kept }, (answered) => {
    answered.pipe(response.writeHead(answered.statusCode ?? 502, answered.headers));
  });
  onward.on('error', () => response.destroy());
  response.on('close', () => onward.destroy());
  if (!change) incoming.pipe(onward);
  else
    text(incoming).then(
      (body) => onward.end(change(body)),
      () => onward.destroy(),
    );
}

function listen(server: Server | TcpServer): Promise<string> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address: AddressInfo | string | null = server.address();
      if (address === null || typeof address === 'string') throw new TypeError('no port');
      resolve(`http://127.0.0.1:${address.port}`);
    });
  });
}

function closed(server: Server | TcpServer): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
