/** What commands change of what the full screen shows. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { screenHost } from '../../client/tui/host.ts';
import { Rooms } from '../../client/tui/rooms.ts';
import { runCommand } from '../../client/ui/commands.ts';
import { makePair } from '../messenger/pair.ts';
import { channel } from '../messenger/person.ts';

test('a drop that was in trouble is well again once /check finds it well', async ({ mock }) => {
  await using pair = await makePair();
  const { messenger } = pair.a;
  const { signal } = new AbortController();
  const conversations = await messenger.conversations(signal);
  const rooms = new Rooms(messenger, conversations);
  const said: string[] = [];
  const note = (text: string) => void said.push(text);
  const host = screenHost({ messenger, conversations, rooms, signal, channel, note, switchTo: () => {} });
  rooms.hear({ type: 'notice', notice: { type: 'notice', channel, code: 'unreachable', text: 'Nobody answers.' } });
  assert.equal(rooms.health(channel), 'in trouble');
  await runCommand(host, '/check');
  assert.match(said.join('\n'), /^ok /);
  assert.equal(rooms.health(channel), 'well');
  mock.method(messenger, 'check', async () => [{ ok: false, what: 'queue', text: 'It is not there.' }]);
  await runCommand(host, '/check');
  assert.equal(rooms.health(channel), 'in trouble', said.join('\n'));
});
