/** A queue body is base64url text (RFC 4648 section 5, without padding) of one envelope. */
import { malformed } from './bytes.ts';

export function encodeBody(envelope: Uint8Array): string {
  return Buffer.from(envelope.buffer, envelope.byteOffset, envelope.byteLength).toString('base64url');
}

/** @throws SecurityError with code `malformed` where the text is anything but what encodeBody writes. */
export function decodeBody(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64url');
  if (bytes.toString('base64url') !== text) throw malformed('a body is not base64url');
  return bytes;
}
