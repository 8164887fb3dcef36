/** Bodies that say who left them and which they are, and show whether they are whole. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';

export function numberedBody(sender: string, number: number, bytes: number): string {
  const payload = 'x'.repeat(bytes);
  return `${sender}:${number}:${check(sender, number, payload)}:${payload}`;
}

export function parseNumberedBody(body: string): { readonly sender: string; readonly number: number } {
  const [sender = '', number = '', digest, payload = ''] = body.split(':');
  assert.equal(digest, check(sender, Number(number), payload), 'a body is not whole');
  return { sender, number: Number(number) };
}

function check(sender: string, number: number, payload: string): string {
  return createHash('sha256').update(`${sender}:${number}:${payload}`).digest('hex');
}
