/** `btr cost`: what two homes counted is what the cloud counted, and what that costs. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { listPrices } from '../../client/messenger/cost.ts';
import { eventsOf, type JsonEvent } from '../tools/btr.ts';
import { type Person, Stage } from '../tools/stage.ts';
import { type Refusal, sqsError, stubEndpoint } from '../tools/stub.ts';

let stage: Stage;
before(async () => {
  stage = await Stage.make();
});
after(() => stage[Symbol.asyncDispose]());

const slow: Refusal = {
  status: 503,
  headers: { 'content-type': 'application/xml' },
  body: '<Error><Code>SlowDown</Code><Message>no</Message></Error>',
};

/** The events of this month and the last. A story at the turn of a month stands in both. */
async function costs(person: Person, ...args: string[]): Promise<JsonEvent[]> {
  const { code, stdout, stderr } = await person.run(['cost', '--json', ...args]);
  assert.equal(code, 0, stderr);
  return eventsOf(stdout);
}

/** Adds up by operation what the homes counted. */
function requestsOf(events: readonly JsonEvent[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { requests } of events) {
    assert.ok(Array.isArray(requests));
    for (const { operation, requests: count } of requests) counts[operation] = (counts[operation] ?? 0) + count;
  }
  return counts;
}

function total(events: readonly JsonEvent[], field: string): number {
  return events.reduce((sum, event) => sum + Number(event[field]), 0);
}

test('cost: both homes together counted what the cloud did, action by action, each attempt once', async () => {
  const cloud = await stage.cloud();
  const refused: Record<string, number> = {};
  await using stub = await stubEndpoint(cloud.endpoint, (action, before) => {
    if (before > 0 || !['SendMessage', 'DeleteMessageBatch', 'PUT'].includes(action)) return undefined;
    const name = action === 'PUT' ? 'UploadPart' : action;
    refused[name] = 1;
    return action === 'PUT' ? slow : sqsError(503, 'ServiceUnavailable');
  });
  const earlier = cloud.calls();
  const { alice, bob } = await stage.cloudPair('fernet', { ...cloud.env, AWS_ENDPOINT_URL: stub.endpoint });
  const content = randomBytes(3_000_000);
  await writeFile(stage.path('photo'), content);

  const sent = await alice.run(['send', 'bob', 'look', '--file', 'photo', '--ttl', '2d']);
  assert.equal(sent.code, 0, sent.stderr);
  const heard = await bob.run(['listen', '--once', '--files', stage.path('inbox')]);
  assert.equal(heard.code, 0, heard.stderr);
  assert.equal((await bob.run(['send', 'thanks'])).code, 0);
  assert.deepEqual(await alice.listens(), ['thanks']);

  const [ofAlice, ofBob] = [await costs(alice), await costs(bob)];
  const now = cloud.calls();
  const counted = Object.entries(now).map(([action, count]) => [
    action,
    count - (earlier[action] ?? 0) + (refused[action] ?? 0),
  ]);
  assert.deepEqual(Object.keys(refused).sort(), ['DeleteMessageBatch', 'SendMessage', 'UploadPart']);
  assert.deepEqual(requestsOf([...ofAlice, ...ofBob]), Object.fromEntries(counted));

  const lines = ofAlice.flatMap(({ lines: some }) => (Array.isArray(some) ? some : []));
  const gibMonths = lines.find(({ item }) => item === 'storage')?.count;
  const most = (content.length / 2 ** 30) * (49 / 730);
  assert.ok(gibMonths > most * 0.97 && gibMonths < most * 1.03, `${gibMonths} of ${most}`);
  assert.ok(total(ofAlice, 'dollars') > 0 && total(ofAlice, 'dollars') < 0.001);
  assert.ok(total(ofBob, 'dollars') > total(ofAlice, 'dollars'), 'who fetches a file pays for its way');
  assert.deepEqual(ofBob[0]?.prices, listPrices);
});

test('cost: people read a table of this month, with the date and the region of its prices', async () => {
  const { alice } = await stage.cloudPair();
  const before = await alice.run(['cost']);
  assert.equal(before.stdout, '');
  assert.match(before.stderr, /^Nothing was asked of AWS in \d{4}-\d\d and \d{4}-\d\d\.\n$/);
  assert.equal((await alice.run(['send', 'hello'])).code, 0);
  const { code, stdout, stderr } = await alice.run(['cost', 'bob']);
  assert.equal(code, 0);
  assert.match(stdout, /^bob, \d{4}-\d\d \(UTC\)\n {2}SendMessage {2}1 × {2}1\.\d KiB sent, \d+ B received\n\n/);
  assert.match(
    stdout,
    /\n {2}SQS FIFO requests {2}1 requests {2}\$0\.00000050\n {2}data transfer out +\d+ B {2}\$0\.0000000\d\n/,
  );
  assert.match(stdout, /\n {2}total \$0\.0000005\d; past the free tier \$0\.00\n/);
  assert.match(stderr, /^By the list of us-east-1 as of 2026-02-15, without tax\./);
  assert.match(stderr, /the bill goes to the owner of the account, and holds both sides/);
  const [other] = await costs(alice, '--month', '2020-01');
  assert.deepEqual([other?.month, other?.requests, other?.dollars], ['2020-01', [], 0]);
});

test('cost: a table of one’s own is taken as it is, or refused by its field with code 2', async () => {
  const { alice } = await stage.cloudPair();
  assert.equal((await alice.run(['send', 'hello'])).code, 0);
  const dear = { ...listPrices, region: 'moon-1', prices: { ...listPrices.prices } };
  dear.prices.queueRequests = { dollars: 5, per: 1, free: 0 };
  await writeFile(stage.path('dear.json'), JSON.stringify(dear));
  const { stdout, stderr } = await alice.run(['cost', '--prices', 'dear.json']);
  assert.match(stdout, /total \$5\.00; past the free tier \$5\.00/);
  assert.match(stderr, /^By the list of moon-1 /);

  await writeFile(stage.path('short.json'), JSON.stringify({ ...dear, prices: {} }));
  await writeFile(stage.path('text.json'), 'cheap');
  for (const [args, code, why] of [
    [['--prices', 'short.json'], 'bad-prices', /prices has no field queueRequests/],
    [['--prices', 'text.json'], 'bad-prices', /is no JSON: text\.json/],
    [['--prices', 'none.json'], 'no-prices', /can't be read: none\.json/],
    [['--month', '2026-13'], 'bad-month', /"2026-13" is not a month/],
    [['--month', 'November'], 'bad-month', /"November" is not a month/],
  ] as const) {
    const ended = await alice.run(['cost', '--json', ...args]);
    assert.equal(ended.code, 2, ended.stderr);
    assert.equal(eventsOf(ended.stdout).at(-1)?.code, code);
    assert.match(ended.stderr, why);
  }
});

test('cost: a folder costs nothing at AWS', async () => {
  const { alice } = await stage.folderPair();
  assert.equal((await alice.run(['send', 'hello'])).code, 0);
  const { code, stdout, stderr } = await alice.run(['cost']);
  assert.deepEqual([code, stdout], [0, '']);
  assert.equal(stderr, 'The drop of channel bob is a folder: it costs nothing at AWS.\n');
});

test('cost: the counts go with their channel', async () => {
  const { alice, channel } = await stage.cloudPair();
  assert.equal((await alice.run(['send', 'hello'])).code, 0);
  assert.notDeepEqual(requestsOf(await costs(alice)), {});
  await alice.within((messenger) => messenger.removeChannel('bob'));
  const gone = await alice.run(['cost', 'bob']);
  assert.equal(gone.code, 3, gone.stderr);
  await alice.within((messenger) =>
    messenger.addChannel({ name: 'bob', role: 'a', drop: { ...channel.address }, suite: 'fernet', pin: 'a-pin' }),
  );
  assert.deepEqual(requestsOf(await costs(alice)), {});
});
