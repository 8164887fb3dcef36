/** AWS General Reference, "Tagging your AWS resources"; names of tags of IAM differ in more than case. */
import { type Field, readRecord, wrong } from './fields.ts';

/** AWS takes 50 on a resource; the stack's own one is among them. */
const most = 49;
const characters = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;
const rule =
  'A name has 1 to 128 characters and begins neither with aws: nor btr:, a value has up to 256: letters, digits, spaces and _ . : / = + - @';

export function readTags(field: Field): Record<string, string> {
  const given = readRecord(field);
  if (given.length > most) throw wrong(field.name, `there are ${given.length} tags.`, `Leave it at ${most}.`);
  const lower = new Set(given.map(([key]) => key.toLowerCase()));
  if (lower.size < given.length)
    throw wrong(field.name, 'two names are the same but for their case.', 'Keep one of them.');
  return Object.fromEntries(given.map(([key, { name, value }]) => [key, readTag(key, value, name)]));
}

function readTag(key: string, value: unknown, field: string): string {
  const isKey = key !== '' && key.length <= 128 && characters.test(key) && !/^(aws|btr):/i.test(key);
  if (isKey && typeof value === 'string' && value.length <= 256 && characters.test(value)) return value;
  throw wrong(field, 'AWS would not take this tag, or it is not free.', rule);
}
