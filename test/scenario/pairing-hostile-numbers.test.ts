/** Numbers and times that no client gives: the body is refused, and listening, sending and the history go on. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import test from 'node:test';
import { frameKinds, maxSeq, maxTime, streamBytes } from '../../client/protocol/frames.ts';
import { encodeAcknowledgements, encodeGone, encodeResend } from '../../client/protocol/ranges.ts';
import { makePair, type Pair } from '../messenger/pair.ts';
import { channel } from '../messenger/person.ts';
import { said } from '../tools/said.ts';
import { refused, says, whispers } from './pairing-hostile-tools.ts';
import { listenInTurn } from './pairing-support.ts';
import { within } from './restored-tools.ts';

const highest = Number.MAX_SAFE_INTEGER;
const huge = [{ first: highest, last: highest }];
const text = Buffer.from('out of bounds');

/** Each is told a's stream, and sends as b. */
const hostile: readonly (readonly [what: string, send: (pair: Pair, stream: Buffer) => Promise<void>])[] = [
  [
    'the word that numbers up to 2^53 - 1 are gone',
    ({ b }) => {
      const stream = randomBytes(streamBytes);
      return whispers(b, frameKinds.gone, encodeGone({ stream, ranges: [{ first: 1, last: highest }] }));
    },
  ],
  [
    'an acknowledgement of everything below 2^53 - 1',
    ({ b }, stream) =>
      whispers(b, frameKinds.acknowledgement, encodeAcknowledgements([{ stream, next: highest, held: [] }])),
  ],
  [
    'an acknowledgement of number 2^53 - 1 alone',
    ({ b }, stream) =>
      whispers(b, frameKinds.acknowledgement, encodeAcknowledgements([{ stream, next: 2, held: huge }])),
  ],
  [
    'a request for number 2^53 - 1',
    ({ b }, stream) => whispers(b, frameKinds.resend, encodeResend({ stream, attempt: 1, ranges: huge })),
  ],
  ['a message with a number above 2^48', (pair) => numbered(pair, maxSeq + 1)],
  ['a message of a day that there is no date for', ({ b }) => says(b, frameKinds.text, text, maxTime + 1)],
];
for (const [what, send] of hostile) {
  test(`scenario: ${what} is malformed, and listening, sending and the history go on`, async () => {
    await using pair = await makePair({ suite: 'signal' });
    const { a, b } = pair;
    await a.send('before');
    await listenInTurn(b, a);
    await send(pair, await within(a, ({ streams }, { id }) => streams.wireId(id)));
    await listenInTurn(a, a);
    assert.deepEqual(a.notices(), ['malformed']);
    assert.deepEqual(refused(a, channel), ['malformed']);
    await a.send('after');
    await listenInTurn(b, a);
    assert.deepEqual(b.texts(), ['before', 'after']);
    assert.deepEqual(a.messenger.pending(channel), { queued: 0, sent: 0 });
    assert.equal(said(a.messenger, channel).length, 2);
  });
}

test('scenario: the last number and the last day are taken, and a history that has them is shown', async () => {
  await using pair = await makePair({ suite: 'signal' });
  const { a, b } = pair;
  await says(b, frameKinds.text, text, maxTime);
  await a.listen();
  assert.deepEqual(a.texts(), [text.toString()]);
  const [event] = said(a.messenger, channel);
  assert.equal(new Date(event?.sentAt ?? Number.NaN).getTime(), maxTime);
  await numbered(pair, maxSeq);
  await listenInTurn(a, a);
  assert.deepEqual(refused(a, channel), []);
  await a.send('after');
  await b.listen();
  assert.deepEqual(b.texts(), ['after']);
});

/** b's next message goes out in a new stream, with this number. */
async function numbered({ b }: Pair, seq: number): Promise<void> {
  await within(b, ({ db, streams }, { id }) => db.transaction(() => streams.setNext(streams.renew(id).id, seq)));
  await says(b, frameKinds.text, text);
}
