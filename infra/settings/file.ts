/** Channels given in a file: `{"channels": [{"buddies": ["alice", "bob"], ...}, ...]}`. */
import { readFileSync } from 'node:fs';
import { errorText } from '../../client/errors.ts';
import { isRecord, readList, readRecord, refuseUnknownKey, wrong } from './fields.ts';
import type { GivenChannel } from './given.ts';

/** @throws UsageError where there is no such file, or its text is something else. */
export function channelsOfFile(path: string): GivenChannel[] {
  const whole = parse(read(path), path);
  if (!isRecord(whole)) throw wrong(path, 'its text is not an object.', form);
  for (const [key] of readRecord({ name: path, value: whole })) refuseUnknownKey(key, key, ['channels']);
  const channels = readList({ name: 'channels', value: whole.channels });
  if (channels.length === 0) throw wrong('channels', 'there is no channel in it.', form);
  return channels.map(({ name, value }) => {
    if (!isRecord(value)) throw wrong(name, 'is not an object.', form);
    return { values: value, at: (key) => `${name}.${key}` };
  });
}

const form = 'The file looks like this: {"channels": [{"buddies": ["alice", "bob"]}]}';

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw wrong(
      'config',
      `the file can't be read: ${errorText(error)}.`,
      'Look at its name, or give -c buddies=alice,bob.',
    );
  }
}

function parse(text: string, path: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    // The parser's own message quotes the text, which may be any file that was given by mistake: it is not passed on.
    if (!(error instanceof SyntaxError)) throw error;
    throw wrong(path, 'the text is not JSON.', form);
  }
}
