/** Requests to the server the page came from. */
import type { ApiError } from '../../api.ts';

export class RequestError extends Error {
  readonly status: number;
  readonly error: ApiError;

  constructor(status: number, error: ApiError) {
    super(error.text);
    this.status = status;
    this.error = error;
  }
}

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

/** The path of something in a channel. */
export function inChannel(channel: string, rest: string): string {
  return `channels/${encodeURIComponent(channel)}/${rest}`;
}

/** Relative: the page has a place of its own on its server, which nobody can guess. */
export function urlOf(path: string): string {
  return `api/${path}`;
}

/**
 * The answer as JSON. What it looks like stands in api.ts, and is the server's to keep.
 * @throws RequestError, with status 0 where the server did not answer at all; the signal's reason.
 */
export async function ask<T>(method: Method, path: string, body?: object, signal?: AbortSignal): Promise<T> {
  const isFile = body instanceof Blob;
  const type = isFile ? 'application/octet-stream' : 'application/json';
  const response = await fetch(urlOf(path), {
    method,
    credentials: 'same-origin',
    ...(body && { body: isFile ? body : JSON.stringify(body), headers: { 'content-type': type } }),
    ...(signal && { signal }),
  }).catch((error: unknown) => {
    if (signal?.aborted) throw signal.reason;
    throw new RequestError(0, { code: 'no-answer', text: 'btr web does not answer.', hint: String(error) });
  });
  if (response.ok) return response.json();
  throw new RequestError(response.status, await errorOf(response));
}

export const get = <T>(path: string, signal?: AbortSignal): Promise<T> => ask('GET', path, undefined, signal);

export const post = <T>(path: string, body: object = {}): Promise<T> => ask('POST', path, body);

async function errorOf(response: Response): Promise<ApiError> {
  const { error }: { error?: ApiError } = await response.json().catch(() => ({}));
  return error ?? { code: 'no-answer', text: `btr web answered with status ${response.status}.` };
}

/** What went wrong, for a person. */
export function problemOf(error: unknown): Pick<ApiError, 'text' | 'hint' | 'reasons'> {
  return error instanceof RequestError ? error.error : { text: String(error) };
}
