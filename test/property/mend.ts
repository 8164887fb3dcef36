/** After any schedule: heal the cloud, let time pass, and look whether everything came about. */
import assert from 'node:assert/strict';
import { DropError } from '../../client/errors.ts';
import type { Pair } from '../messenger/pair.ts';
import { channel, type Person } from '../messenger/person.ts';
import { said } from '../tools/said.ts';

const minute = 60_000;
/** Pauses between rounds in minutes: the patience of gaps, of acknowledgements, and of bodies left again grow to a day. */
const pauses = [
  0, 0, 1, 1, 1, 2, 4, 8, 20, 20, 61, 61, 130, 130, 250, 500, 1000, 1441, 1, 1, 1, 1441, 1, 1, 1441, 1, 1,
];

/** Lets both people talk without faults until nothing is left to do. */
export async function mend({ cloud, a, b }: Pair): Promise<void> {
  cloud.heal();
  for (const person of [a, b]) person.messenger.changeChannel(channel, { receipts: true });
  for (const pause of pauses) {
    cloud.advance(pause * minute);
    for (const person of [a, b, a, b]) await round(person);
    const inDrop = (['a-to-b', 'b-to-a'] as const).flatMap((way) => [...cloud.waiting(way), ...cloud.held(way)]);
    if ([a, b].every(isIdle) && inDrop.length === 0) return;
  }
}

async function round(person: Person): Promise<void> {
  try {
    await person.listen();
    await person.deliver();
  } catch (error) {
    if (!(error instanceof DropError)) throw error;
  }
}

function isIdle(person: Person): boolean {
  const { queued, sent } = person.messenger.pending(channel);
  return queued + sent === 0 && !person.hasGap();
}

/**
 * Every message that `from` wrote was shown once and in order to `to`, or was reported: to `to` by its number, or to
 * `from` as given up, which leaves it `sent`.
 */
export function assertAllShown(from: Person, to: Person): void {
  const lost = new Set(
    to.events.flatMap((event) => (event.type === 'notice' && event.code === 'lost' ? numbersIn(event.text) : [])),
  );
  const givenUp = new Set(from.notices().includes('given-up') ? textsLeftSent(from) : []);
  const shown = new Set(to.texts());
  const isReported = (text: string, index: number) => lost.has(index + 1) || (givenUp.has(text) && !shown.has(text));
  const expected = from.sent.filter((text, index) => !isReported(text, index));
  assert.deepEqual(to.texts().map(head), expected.map(head), 'shown once, in order');
  assert.deepEqual(to.texts(), expected);
}

/**
 * The outbox is empty, and everything written is `delivered`; or `sent` in a suite without acknowledgements, and where
 * it was said that it was given up.
 */
export function assertSettled(person: Person): void {
  const { messenger, sent } = person;
  assert.deepEqual(messenger.pending(channel), { queued: 0, sent: 0 });
  const states = said(messenger, channel).flatMap(({ state }) => (state ? [state] : []));
  assert.equal(states.length, sent.length);
  const mayBeSent = !messenger.isAcknowledged(channel) || person.notices().includes('given-up');
  assert.ok(
    states.every((state) => state === 'delivered' || (mayBeSent && state === 'sent')),
    states.join(),
  );
}

/** What was sent and never acknowledged. */
function textsLeftSent({ messenger }: Person): string[] {
  const history = said(messenger, channel);
  return history.flatMap((event) => (event.type === 'message' && event.state === 'sent' ? [event.text] : []));
}

function head(text: string): string {
  return text.slice(0, 12);
}

/** The numbers in `Lost for good: number 3-5 of x.` */
function numbersIn(text: string): number[] {
  const [, ranges = ''] = /number ([0-9, -]+) of/.exec(text) ?? [];
  return ranges.split(', ').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}
