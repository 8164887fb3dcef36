/**
 * Checks a request's signature as AWS does: computed anew from what came over the line and compared (IAM User Guide,
 * "AWS Signature Version 4 for API requests").
 */
import { createHash, createHmac, type Hash, type Hmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { SignatureV4 } from '@smithy/signature-v4';
import type { AwsCredentials } from '../../../client/drops/aws/settings.ts';
import { Refusal } from './refusal.ts';

export interface WireRequest {
  readonly method: string;
  /** As sent: path and query. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** What a key is known by; undefined: it is not, or not any more. */
export type FindKey<K extends AwsCredentials> = (accessKeyId: string) => K | undefined;

const header =
  /^AWS4-HMAC-SHA256 Credential=(?<id>[^/]+)\/\d{8}\/(?<region>[^/]+)\/(?<service>[^/]+)\/aws4_request, SignedHeaders=(?<signed>[^,]+), Signature=(?<signature>[0-9a-f]{64})$/;

/** How far off a clock may be: a quarter of an hour, in milliseconds. */
const slack = 900_000;

/** The key that signed; undefined: nobody did. @throws Refusal where somebody did, and it does not hold. */
export async function verify<K extends AwsCredentials>(
  request: WireRequest,
  findKey: FindKey<K>,
): Promise<K | undefined> {
  const { authorization } = request.headers;
  if (authorization === undefined) return undefined;
  const { id = '', region = '', service = '', signed = '', signature = '' } = header.exec(authorization)?.groups ?? {};
  if (id === '')
    throw new Refusal('incomplete-signature', 'The authorization header is not one of Signature Version 4.');
  const key = findKey(id);
  if (key === undefined) throw new Refusal('unknown-key', 'The access key id is not known.');
  if (request.headers['x-amz-security-token'] !== key.sessionToken) {
    throw new Refusal('unknown-key', "The security token is not the key's own.");
  }
  const signingDate = dateOf(request);
  checkBody(request);
  const signer = new SignatureV4({
    service,
    region,
    credentials: { accessKeyId: id, secretAccessKey: key.secretAccessKey },
    sha256: Sha256,
    applyChecksum: false,
    // S3 alone takes a path as it is.
    uriEscapePath: service !== 's3',
  });
  const { headers } = await signer.sign(requestToSign(request, signed.split(';')), { signingDate });
  const computed = header.exec(headers.authorization ?? '')?.groups;
  if (computed?.signed !== signed || !same(computed.signature ?? '', signature)) {
    throw new Refusal('bad-signature', 'The signature that was computed is another one.');
  }
  return key;
}

function dateOf({ headers }: WireRequest): Date {
  const text = String(headers['x-amz-date']);
  const date = new Date(text.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6Z'));
  if (Number.isNaN(date.getTime())) throw new Refusal('incomplete-signature', 'There is no x-amz-date.');
  if (Math.abs(date.getTime() - Date.now()) > slack)
    throw new Refusal('skewed', `Signature expired: ${text} is too far from now.`);
  return date;
}

/** A body that is told by its hash must be that body. Streams go unsigned, or in chunks, which btr never sends. */
function checkBody({ headers, body }: WireRequest): void {
  const told = headers['x-amz-content-sha256'];
  if (told === undefined || told === 'UNSIGNED-PAYLOAD') return;
  if (String(told).startsWith('STREAMING-')) throw new Refusal('not-implemented', `${told} is not understood here.`);
  const actual = createHash('sha256').update(body).digest('hex');
  if (told !== actual) throw new Refusal('body-differs', 'The body is not the one whose hash was signed.');
}

function requestToSign({ method, url, headers, body }: WireRequest, signed: readonly string[]) {
  const { pathname, searchParams } = new URL(url, 'http://path.only');
  return {
    method,
    protocol: 'http:',
    hostname: 'path.only',
    path: url.startsWith(pathname) ? pathname : url.replace(/\?.*/, ''),
    query: Object.fromEntries(searchParams),
    headers: Object.fromEntries(signed.map((name) => [name, String(headers[name] ?? '')])),
    body,
  };
}

function same(one: string, other: string): boolean {
  return one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));
}

/** The hash as the signer takes it; with a secret, the HMAC. */
export class Sha256 {
  readonly #hash: Hash | Hmac;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', bytesOf(secret));
  }

  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(bytesOf(data));
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
}

function bytesOf(data: string | ArrayBuffer | ArrayBufferView): Uint8Array {
  if (typeof data === 'string') return Buffer.from(data);
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}
