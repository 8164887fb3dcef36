/** Notices that must reach people, whatever is killed: what is lost, and what was given up. */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { ChannelEvent } from '../../client/messenger/index.ts';
import { makePair } from '../messenger/pair.ts';
import { channel, type Person } from '../messenger/person.ts';

const second = 1000;
const day = 86_400 * second;

test('scenario: what was given up or lost is said once more after a kill that came while it was said, and stays in the history', async () => {
  await using pair = await makePair();
  const { cloud, a, b } = pair;
  a.messenger.changeChannel(channel, { receipts: false });
  await a.send('a0');
  cloud.tamper('a-to-b', () => undefined);
  cloud.advance(15 * day);
  assert.deepEqual(await killedWhileShowing(a, 'given-up'), ['given-up']);
  await a.send('a1');
  await b.listen();
  cloud.advance(31 * second);
  await b.listen();
  await a.listen();
  assert.deepEqual(await killedWhileShowing(b, 'lost'), ['lost', 'a1']);
  assert.deepEqual(await a.listen(), []);
  const kept = [a, b].map(({ messenger }) => [...messenger.history(channel)].map(brief));
  assert.deepEqual(kept, [
    ['a0', 'given-up', 'a1'],
    ['lost', 'a1'],
  ]);
});

/** Kills a person's process at the first notice of a kind. Answers what the next one shows. */
async function killedWhileShowing(person: Person, code: string): Promise<string[]> {
  const events = person.messenger.listen(channel, { wait: false });
  const { value } = await events.next();
  assert.ok(value?.type === 'notice');
  assert.equal(value.code, code);
  const bury = await person.kill();
  const shown = await person.listen();
  await Promise.allSettled([events.return(undefined)]);
  await bury();
  return shown.filter((event) => event.type !== 'status').map(brief);
}

function brief(event: ChannelEvent): string {
  if (event.type === 'notice') return event.code;
  return event.type === 'message' ? event.text : event.type;
}
