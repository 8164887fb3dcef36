/** Leaving the chat while something is under way. */
import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { Chat } from '../../client/tui/chat.ts';
import { makePair } from '../messenger/pair.ts';
import { channel } from '../messenger/person.ts';

test('with a file on its way one leaves by asking twice; without any at once', async () => {
  await using pair = await makePair();
  const { messenger } = pair.a;
  const stop = new AbortController();
  const conversations = await messenger.conversations(stop.signal);
  const open = () => new Chat({ messenger, conversations, channel, charset: { isUnicode: true }, signal: stop.signal });
  const free = open();
  free.act({ type: 'eof' });
  await free.ended;
  const busy = open();
  let hasEnded = false;
  const ended = busy.ended.then(() => {
    hasEnded = true;
  });
  const sending = conversations.transfers.send(channel, { stream: { readable: new PassThrough(), name: 'large.bin' } });
  busy.act({ type: 'eof' });
  await new Promise(setImmediate);
  assert.ok(!hasEnded);
  const rows = busy.frame(100, 24).rows.map((line) => line.map(({ text }) => text).join(''));
  assert.match(rows.join('\n'), /Still on its way: large\.bin\. Leave once more/);
  busy.paste('/quit');
  busy.act({ type: 'enter' });
  await ended;
  stop.abort();
  assert.equal((await sending.ended).state, 'cancelled');
});
