/** Lines of stdin as messages: strict UTF-8, bounded, handed on as they come. */
import type { Readable } from 'node:stream';
import { UsageError } from '../errors.ts';

/** Longest line, and most of a whole stdin, in bytes; what is larger is sent as a file. */
const maxBytes = 48 * 1024 * 1024;
const newline = 0x0a;

/** Batches of complete lines, without their ends. @throws UsageError naming the line that is not text. */
export async function* readLines(stdin: Readable, signal: AbortSignal, most: number): AsyncGenerator<string[]> {
  let rest: Buffer[] = [];
  let restBytes = 0;
  let number = 0;
  for await (const chunk of chunks(stdin, signal)) {
    const end = chunk.lastIndexOf(newline);
    if (end === -1) {
      rest.push(chunk);
      restBytes += chunk.length;
      if (restBytes > maxBytes) throw tooLong(number + 1);
      continue;
    }
    const complete = Buffer.concat([...rest, chunk.subarray(0, end)]);
    rest = [chunk.subarray(end + 1)];
    restBytes = chunk.length - end - 1;
    const lines = splitLines(complete);
    for (let start = 0; start < lines.length; start += most) {
      yield* decodeAll(lines.slice(start, start + most), number + start);
    }
    number += lines.length;
  }
  if (restBytes > 0) yield* decodeAll([Buffer.concat(rest)], number);
}

/** All of stdin as one text. */
export async function readWhole(stdin: Readable, signal: AbortSignal): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of chunks(stdin, signal)) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw tooLong(undefined);
    parts.push(chunk);
  }
  return decode(Buffer.concat(parts), undefined);
}

/** stdin's chunks until its end, or until the signal aborts: a pending read must not hold up the exit. */
async function* chunks(stdin: Readable, signal: AbortSignal): AsyncGenerator<Buffer> {
  const abort = () => stdin.destroy(signal.reason);
  signal.throwIfAborted();
  signal.addEventListener('abort', abort, { once: true });
  try {
    for await (const chunk of stdin) yield Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
  } finally {
    signal.removeEventListener('abort', abort);
  }
  signal.throwIfAborted();
}

function splitLines(bytes: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  let start = 0;
  for (let end = bytes.indexOf(newline); end !== -1; end = bytes.indexOf(newline, start)) {
    lines.push(bytes.subarray(start, end));
    start = end + 1;
  }
  lines.push(bytes.subarray(start));
  return lines;
}

/** One batch. Lines before one that is not text are handed on before that is said. */
function* decodeAll(lines: readonly Buffer[], before: number): Iterable<string[]> {
  const texts: string[] = [];
  try {
    for (const line of lines) texts.push(decode(line, before + texts.length + 1).replace(/\r$/, ''));
  } catch (error) {
    if (texts.length > 0) yield texts;
    throw error;
  }
  yield texts;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decode(bytes: Buffer, line: number | undefined): string {
  if (bytes.length > maxBytes) throw tooLong(line);
  try {
    return utf8.decode(bytes);
  } catch (cause) {
    const what = line === undefined ? 'stdin is' : `Line ${line} of stdin is`;
    throw new UsageError(`${what} not UTF-8 text.`, {
      code: 'not-text',
      hint: `${line === undefined || line === 1 ? 'Nothing was sent.' : 'The lines before it were sent.'} Send bytes as a file: btr send --file -`,
      cause,
    });
  }
}

function tooLong(line: number | undefined): UsageError {
  const what = line === undefined ? 'stdin' : `Line ${line} of stdin`;
  return new UsageError(`${what} is longer than 48 MiB.`, {
    code: 'message-too-large',
    hint: 'Send it as a file: btr send --file -',
  });
}
