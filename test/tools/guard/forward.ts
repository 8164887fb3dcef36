/** Passing a request on to what stands behind the guard, and its answer back. */
import { type IncomingHttpHeaders, type IncomingMessage, type ServerResponse, request as send } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { WireRequest } from './signature.ts';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** @param signal aborts when the client has gone: a poll for it must not go on and swallow a message. */
export async function forward(target: string, request: WireRequest, signal: AbortSignal): Promise<Answer> {
  const { method, url, headers, body } = request;
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const length = body.length > 0 || headers['content-length'] !== undefined ? { 'content-length': body.length } : {};
  const { 'transfer-encoding': _, ...others } = headers;
  send(new URL(url, target), { method, headers: { ...others, ...length }, signal }, resolve)
    .on('error', reject)
    .end(body);
  const answer = await promise;
  return { status: answer.statusCode ?? 500, headers: answer.headers, body: await buffer(answer) };
}

export function reply(response: ServerResponse, { status, headers, body }: Answer, isHead: boolean): void {
  const { 'transfer-encoding': _, connection: __, ...others } = headers;
  // The length that HEAD tells is that of the object, which does not come along.
  const length = isHead ? {} : { 'content-length': body.length };
  response.writeHead(status, { ...others, ...length }).end(isHead ? undefined : body);
}
