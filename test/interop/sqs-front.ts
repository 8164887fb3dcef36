/**
 * A front before the embedded cloud that writes down every call as it came over the wire, and that also speaks the
 * query protocol, which older SDKs (Debian's boto3 among them) use for SQS and the emulator does not know.
 */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { EmbeddedCloud } from '../../client/cloud/index.ts';

/** One call: its action and its parameters, exactly those that were sent. */
export interface SqsCall {
  readonly action: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

export interface SqsFront extends AsyncDisposable {
  readonly endpoint: string;
  readonly calls: SqsCall[];
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

/** Disposing it stops it; the cloud goes on. */
export async function startFront(cloud: EmbeddedCloud): Promise<SqsFront> {
  const calls: SqsCall[] = [];
  const server = createServer(async (request, response) => {
    const text = await readText(request);
    const isQuery = request.headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true;
    const call = isQuery ? queryCall(text) : jsonCall(request, text);
    calls.push(call);
    // A client that hangs up ends its long poll in the cloud too, or that would swallow the next message.
    const gone = new AbortController();
    response.on('close', () => gone.abort());
    const answer = await pass(cloud, call, gone.signal).catch((error: unknown) => {
      if (!gone.signal.aborted) throw error;
    });
    if (answer === undefined) return;
    const { status, type, text: body } = isQuery ? queryAnswer(call.action, answer) : answer;
    response.writeHead(status, { 'content-type': type }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${portOf(server.address())}`,
    calls,
    [Symbol.asyncDispose]: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new TypeError('the front does not listen on a port');
  return address.port;
}

async function readText(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

async function pass(cloud: EmbeddedCloud, { action, parameters }: SqsCall, signal: AbortSignal): Promise<Answer> {
  const response = await fetch(cloud.endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `AmazonSQS.${action}` },
    body: JSON.stringify(parameters),
    signal,
  });
  return { status: response.status, type: 'application/x-amz-json-1.0', text: await response.text() };
}

function jsonCall(request: IncomingMessage, text: string): SqsCall {
  const target = String(request.headers['x-amz-target'] ?? '');
  return { action: target.replace('AmazonSQS.', ''), parameters: JSON.parse(text) };
}

const numbers = new Set(['MaxNumberOfMessages', 'WaitTimeSeconds', 'VisibilityTimeout']);

function queryCall(text: string): SqsCall {
  const { Action = '', Version: _, ...fields } = Object.fromEntries(new URLSearchParams(text));
  const typed = Object.entries(fields).map(([name, value]) => [name, numbers.has(name) ? Number(value) : value]);
  return { action: Action, parameters: Object.fromEntries(typed) };
}

/** The XML that the query protocol answers with: the same fields, a list as repeated elements. */
function queryAnswer(action: string, { status, text }: Answer): Answer {
  const fields: Record<string, unknown> = text === '' ? {} : JSON.parse(text);
  const type = 'text/xml';
  if (status !== 200) {
    const code = String(fields.__type ?? 'InternalError').replace(/^.*#/, '');
    const error = element(
      'Error',
      element('Code', escaped(code)) + element('Message', escaped(String(fields.message))),
    );
    return { status, type, text: element('ErrorResponse', error) };
  }
  const result = Object.entries(fields).map(([name, value]) => {
    if (!Array.isArray(value)) return element(name, escaped(String(value)));
    return value.map((item: object) => element(name.replace(/s$/, ''), inner(item))).join('');
  });
  const metadata = element('ResponseMetadata', element('RequestId', 'test'));
  return { status, type, text: element(`${action}Response`, element(`${action}Result`, result.join('')) + metadata) };
}

function inner(item: object): string {
  return Object.entries(item)
    .filter(([, value]) => typeof value === 'string')
    .map(([name, value]) => element(name, escaped(value)))
    .join('');
}

function element(name: string, content: string): string {
  return `<${name}>${content}</${name}>`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
