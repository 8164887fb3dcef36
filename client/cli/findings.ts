/** What `btr doctor` and `btr drop test` say: one line a finding, and one word at the end of whether all is well. */
import { DropError } from '../errors.ts';
import type { DropInfo, Finding } from '../messenger/index.ts';
import { shortId } from '../ui/drop-words.ts';
import { visible } from '../ui/visible.ts';
import type { Running } from './command.ts';

interface About {
  readonly channel?: string;
  /** Where a channel has several. */
  readonly drop?: DropInfo | undefined;
}

export function tellFinding({ output }: Running, { channel, drop }: About, { what, ok, text }: Finding): void {
  const which = drop === undefined ? {} : { drop: drop.id };
  output.event({ event: 'finding', channel: channel ?? null, ...which, what, ok, text });
  if (output.json) return;
  const mark = ok ? output.style('green', 'ok ') : output.style('red', 'BAD');
  const about = [channel, drop === undefined ? undefined : shortId(drop)]
    .filter((part) => part !== undefined)
    .join(' ');
  output.line(`${mark} ${about === '' ? '' : `${about}: `}${what}: ${visible(text)}`);
}

/** @param which names what is not as it should be. */
export function unwell(which: string): DropError {
  return new DropError(`Something is wrong with ${which}.`, {
    code: 'drop-unwell',
    hint: 'The lines marked BAD say what to do.',
    retryable: false,
  });
}
