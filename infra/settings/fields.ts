/** Strict readers of single values, as JSON or the command line of the CDK gives them. */
import { UsageError } from '../../client/errors.ts';

/** A value, and what its place is called in errors: `bob`, or `channels[1].principals.bob`. */
export interface Field {
  readonly name: string;
  readonly value: unknown;
}

/** Two lines for a person: the field with what is wrong about it, then the rule. */
export function wrong(field: string, what: string, rule: string, code = 'bad-setting'): UsageError {
  return new UsageError(`\`${field}\`: ${what}`, { code, hint: rule });
}

export function readText({ name, value }: Field): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'string' && value !== '') return value;
  throw wrong(name, 'is empty or not a text.', 'Give it a text, or leave it out.');
}

export function readFlag({ name, value }: Field, otherwise: boolean): boolean {
  if (value === undefined) return otherwise;
  if (typeof value === 'boolean') return value;
  throw wrong(name, 'is neither true nor false.', 'Write true or false (on or off after -c), or leave it out.');
}

export function readChoice<const Choice extends string>(
  { name, value }: Field,
  choices: readonly [Choice, ...Choice[]],
): Choice {
  if (value === undefined) return choices[0];
  const found = choices.find((choice) => choice === value);
  if (found !== undefined) return found;
  throw wrong(name, `is not one of ${choices.join(', ')}.`, `Write ${choices.join(' or ')}, or leave it out.`);
}

/** Each element as a field of its own. Absent: none. */
export function readList({ name, value }: Field): Field[] {
  if (value === undefined) return [];
  if (Array.isArray(value)) return value.map((element, index) => ({ name: `${name}[${index}]`, value: element }));
  throw wrong(name, 'is not a list.', 'Write a list, such as ["..."], or leave it out.');
}

/** Each value as a field of its own, by its key. Absent: none. */
export function readRecord({ name, value }: Field): [key: string, field: Field][] {
  if (value === undefined) return [];
  if (isRecord(value))
    return Object.entries(value).map(([key, item]) => [key, { name: `${name}.${key}`, value: item }]);
  throw wrong(name, 'is not an object.', 'Write an object, such as {"...": "..."}, or leave it out.');
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A key that is misspelled would be left out without a word. */
export function refuseUnknownKey(key: string, field: string, known: readonly string[]): void {
  if (known.includes(key)) return;
  const meant = known.find((other) => other.toLowerCase() === key.toLowerCase());
  const rule = meant === undefined ? `There are ${known.join(', ')}.` : `You may have meant ${meant}.`;
  throw wrong(field, 'there is no such setting.', rule);
}
