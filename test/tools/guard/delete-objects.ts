/** DeleteObjects is decided key by key: what may not be removed is told beside what was (Amazon S3 API Reference). */
import type { Answer } from './forward.ts';

const object = /<Object>.*?<Key>(?<key>[^<]*)<\/Key>.*?<\/Object>/gs;

/** The request without these keys. */
export function withoutKeys(body: Buffer, keys: ReadonlySet<string>): Buffer {
  return Buffer.from(body.toString().replaceAll(object, (whole, key: string) => (keys.has(key) ? '' : whole)));
}

/** The answer with an error for each of these keys. */
export function withErrors(answer: Answer, keys: ReadonlySet<string>): Answer {
  const errors = [...keys].map(
    (key) => `<Error><Key>${key}</Key><Code>AccessDenied</Code><Message>no</Message></Error>`,
  );
  const body = answer.body
    .toString()
    .replace(/<\/DeleteResult>|(<DeleteResult[^>]*)\/>/, (end, open?: string) =>
      open === undefined ? `${errors.join('')}${end}` : `${open}>${errors.join('')}</DeleteResult>`,
    );
  return { ...answer, body: Buffer.from(body) };
}

/** The answer where no key was left to ask for. */
export const nothingDeleted: Answer = {
  status: 200,
  headers: { 'content-type': 'application/xml' },
  body: Buffer.from('<?xml version="1.0" encoding="UTF-8"?><DeleteResult></DeleteResult>'),
};
