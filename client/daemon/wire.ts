/**
 * What goes over the socket of `btr daemon`: JSON-RPC 2.0 (https://www.jsonrpc.org/specification), one JSON value a
 * line. docs/rpc.md is the page for those who write a client.
 */
import { BtrError, type ErrorKind, errorText, exitCodes, UsageError } from '../errors.ts';

/** The longest request that is taken, in bytes. Answers have no limit of their own. */
export const mostLineBytes = 64 * 1024 * 1024;

const newline = 0x0a;

export interface RpcError {
  readonly code: number;
  readonly message: string;
  readonly data: { readonly code: string; readonly hint?: string; readonly exitCode: number };
}

/** JSON-RPC 2.0 section 5.1, by the `code` that errors have here. Everything else is a server error. */
const numbers = new Map([
  ['not-json', -32_700],
  ['bad-request', -32_600],
  ['no-such-method', -32_601],
  ['bad-params', -32_602],
  ['internal', -32_603],
]);
const serverError = -32_000;

/** Whether an error says that the other side does not know such a request: it may be an older one. */
export function isUnknownThere({ code }: BtrError): boolean {
  return code === 'no-such-method' || code === 'bad-params';
}

export function toRpcError(error: unknown): RpcError {
  const known = error instanceof BtrError ? error : new BtrError('internal', errorText(error), { code: 'internal' });
  const { code, message, hint, exitCode } = known;
  const data = { code, exitCode, ...(hint === undefined ? {} : { hint }) };
  return { code: numbers.get(code) ?? serverError, message, data };
}

/** The same error on the other side. */
export function fromRpcError({ message, data }: { message?: unknown; data?: Record<string, unknown> }): BtrError {
  const { code, hint, exitCode } = data ?? {};
  return new BtrError(kindOf(exitCode), String(message), {
    code: typeof code === 'string' ? code : 'internal',
    ...(typeof hint === 'string' ? { hint } : {}),
  });
}

const kinds: readonly ErrorKind[] = ['usage', 'setup', 'drop', 'security', 'timeout', 'interrupted'];

function kindOf(exitCode: unknown): ErrorKind {
  return kinds.find((kind) => exitCodes[kind] === exitCode) ?? 'internal';
}

/** Whole lines, without their ends. @throws UsageError with code `bad-request` where one is longer than `most` bytes. */
export async function* lines(chunks: AsyncIterable<Buffer>, most = Number.POSITIVE_INFINITY): AsyncGenerator<Buffer> {
  let [pieces, bytes]: [Buffer[], number] = [[], 0];
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      if (bytes + end - start > most) throw tooLong(most);
      yield Buffer.concat([...pieces, chunk.subarray(start, end)]);
      [pieces, bytes, start] = [[], 0, end + 1];
    }
    pieces.push(chunk.subarray(start));
    bytes += chunk.length - start;
    if (bytes > most) throw tooLong(most);
  }
}

function tooLong(most: number): UsageError {
  return new UsageError(`A request is longer than ${most / 1024 / 1024} MiB.`, { code: 'bad-request' });
}
