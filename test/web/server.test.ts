/** Two homes talk through their pages. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { Stage } from '../tools/stage.ts';
import { Web } from '../tools/web.ts';

test('what one page sends the other one hears of, with what became of it and until it was read', async () => {
  await using stage = await Stage.make();
  const { alice, bob } = await stage.folderPair();
  await using a = await Web.open(alice);
  await using b = await Web.open(bob);
  const heardByA = await a.listen();
  const heardByB = await b.listen();
  const [first] = heardByB.all;
  assert.ok(
    first?.type === 'state' && first.name === 'bob' && first.channels[0]?.name === 'alice',
    'a state comes first',
  );
  await a.post('channels/bob/messages', { texts: ['one', 'two'] });
  const { row, id } = await heardByB.entry('two');
  const mine = await heardByA.entry('two');
  assert.equal(id, mine.id);
  await heardByA.until((update) =>
    update.type === 'status' && update.id === id && update.state === 'delivered' ? true : undefined,
  );
  const [channel] = (await b.state()).channels;
  assert.deepEqual([channel?.unread, channel?.newestRow, channel?.last?.text], [2, row, 'two']);
  await b.post('channels/alice/read', { row });
  await heardByB.until((update) => (update.type === 'unread' && update.count === 0 ? true : undefined));
  assert.deepEqual(
    (await b.history('alice')).map((entry) => entry.event === 'message' && [entry.text, entry.shown]),
    [
      ['one', true],
      ['two', true],
    ],
  );
});
