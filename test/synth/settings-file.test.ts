import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { UsageError } from '../../client/errors.ts';
import { readSettings } from '../../infra/settings.ts';

const folder = mkdtempSync(join(tmpdir(), 'btr-settings-'));
after(() => rmSync(folder, { recursive: true, force: true }));

function readFile(content: unknown, context: Record<string, unknown> = {}) {
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  writeFileSync(join(folder, 'btr.infra.json'), text);
  return readSettings(context, folder);
}

function refused(field: string, text: RegExp) {
  return (error: unknown) => {
    assert.ok(error instanceof UsageError);
    assert.ok(error.message.startsWith(`\`${field}\`: `), error.message);
    assert.match(`${error.message} ${error.hint}`, text);
    return true;
  };
}

const ownCopy = 'arn:aws:iam::123456789012:user/bob';
const whole = {
  buddies: ['alice', 'bob'],
  principals: { bob: [ownCopy] },
  removed: ['alice'],
  expiry: false,
  alarms: true,
  alarmEmail: 'me@example.org',
  bucketRemoval: 'retain',
  allowSwap: true,
  prefix: 'Ours',
  aToB: 'there',
  bToA: 'back',
  bucket: 'our-files',
  tags: { team: 'x' },
};

test('a file gives several channels, each with settings of its own', () => {
  const [one, two, ...more] = readFile({ channels: [whole, { buddies: ['alice', 'carol'] }] });
  assert.deepEqual(more, []);
  assert.deepEqual(
    { ...one, names: [one?.names.stack, one?.names.queues['a-to-b'], one?.names.bucket] },
    {
      buddies: {
        a: { name: 'alice', principals: [], removed: true },
        b: { name: 'bob', principals: [ownCopy], removed: false },
      },
      names: ['Ours-alice-bob', 'there.fifo', 'our-files'],
      allowSwap: true,
      expiry: false,
      alarms: true,
      alarmEmail: 'me@example.org',
      bucketRemoval: 'retain',
      tags: { team: 'x' },
    },
  );
  assert.equal(two?.names.stack, 'Btr-alice-carol');
  assert.equal(two?.expiry, true);
});

test('the file is read where no buddies are given, and another by its name', () => {
  readFile({ channels: [{ buddies: ['alice', 'carol'] }] });
  writeFileSync(join(folder, 'other.json'), JSON.stringify({ channels: [{ buddies: ['dan', 'eve'] }] }));
  const stacks = (context: Record<string, unknown>) => readSettings(context, folder).map(({ names }) => names.stack);
  assert.deepEqual(stacks({}), ['Btr-alice-carol']);
  assert.deepEqual(stacks({ config: 'other.json' }), ['Btr-dan-eve']);
  assert.deepEqual(stacks({ buddies: 'alice,bob' }), ['Btr-alice-bob']);
  assert.throws(() => stacks({ expiry: 'off' }), refused('expiry', /goes with `buddies`.*btr\.infra\.json/));
  assert.throws(() => stacks({ config: 'none.json' }), refused('config', /can't be read: ENOENT/));
});

test('what is no such file is refused, and nothing of it is quoted', () => {
  for (const text of ['', '{"channels": secret-text', 'secret-text']) {
    assert.throws(
      () => readFile(text),
      (error) => {
        assert.ok(error instanceof UsageError);
        assert.doesNotMatch(`${error.stack} ${error.hint} ${String(error.cause)}`, /secret-text/);
        assert.match(error.message, /not JSON/);
        return true;
      },
    );
  }
  for (const value of [null, 1, 'text', []]) {
    assert.throws(() => readFile(JSON.stringify(value)), refused(join(folder, 'btr.infra.json'), /not an object/));
  }
  assert.throws(() => readFile({}), refused('channels', /no channel/));
  assert.throws(() => readFile({ channels: [] }), refused('channels', /no channel/));
  assert.throws(() => readFile({ channels: {} }), refused('channels', /not a list/));
  assert.throws(() => readFile({ channels: ['alice,bob'] }), refused('channels[0]', /not an object/));
  assert.throws(() => readFile({ channels: [whole], chanels: [] }), refused('chanels', /no such setting/));
});

const bad: [Record<string, unknown>, string, RegExp][] = [
  [{ buddies: undefined }, 'buddies', /exactly two/],
  [{ buddies: 'alice,bob' }, 'buddies', /not a list/],
  [{ buddies: ['alice', 'alice'] }, 'buddies', /alike/],
  [{ buddies: ['alice', null] }, 'buddies', /'null'/],
  [{ Expiry: true }, 'Expiry', /meant expiry/],
  [{ secret: true }, 'secret', /no such setting/],
  [{ expiry: 'off' }, 'expiry', /neither true nor false/],
  [{ alarms: 1 }, 'alarms', /neither true nor false/],
  [{ allowSwap: 'true' }, 'allowSwap', /neither true nor false/],
  [{ principals: [ownCopy] }, 'principals', /not an object/],
  [{ principals: { bob: ownCopy } }, 'principals.bob', /not a list/],
  [{ principals: { bob: [ownCopy, '*'] } }, 'principals.bob', /'\*' is not the ARN/],
  [{ principals: { bob: [] } }, 'principals.bob', /empty list/],
  [{ principals: { bob: [7] } }, 'principals.bob', /'7' is not the ARN/],
  [{ principals: { Bob: [ownCopy] } }, 'principals.Bob', /not among the buddies.*alice or bob/],
  [{ removed: 'bob' }, 'removed', /not a list/],
  [{ removed: ['carol'] }, 'removed', /not among the buddies/],
  [{ removed: ['alice', 'bob'] }, 'removed', /nobody would be left/],
  [{ alarms: false, alarmEmail: 'me@example.org' }, 'alarmEmail', /no alarms/],
  [{ bucketRemoval: true }, 'bucketRemoval', /destroy, retain/],
  [{ prefix: '' }, 'prefix', /empty/],
  [{ prefix: 7 }, 'prefix', /not a text/],
  [{ aToB: 'q'.repeat(80) }, 'aToB', /AWS takes 80/],
  [{ tags: ['team'] }, 'tags', /not an object/],
  [{ tags: { team: 7 } }, 'tags.team', /would not take/],
  [{ tags: { 'aws:team': 'x' } }, 'tags.aws:team', /would not take/],
  [{ tags: { 'btr:channel': 'x' } }, 'tags.btr:channel', /would not take/],
  [{ tags: { '': 'x' } }, 'tags.', /would not take/],
  [{ tags: { ['k'.repeat(129)]: 'x' } }, `tags.${'k'.repeat(129)}`, /1 to 128/],
  [{ tags: { team: 'v'.repeat(257) } }, 'tags.team', /up to 256/],
  [{ tags: { team: 'a\nb' } }, 'tags.team', /would not take/],
  [{ tags: { team: 'x', Team: 'y' } }, 'tags', /but for their case/],
  [{ tags: Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`k${i}`, ''])) }, 'tags', /50 tags/],
];
for (const [change, field, text] of bad) {
  test(`a channel with ${JSON.stringify(change).slice(0, 60)} is refused by its place`, () => {
    const channels = [{ buddies: ['dan', 'eve'] }, { buddies: ['alice', 'bob'], ...change }];
    assert.throws(() => readFile({ channels }), refused(`channels[1].${field}`, text));
  });
}

const alike: [string, Record<string, unknown>, Record<string, unknown>, string, string][] = [
  ['the same pair twice', {}, {}, 'buddies', 'buddies'],
  ['a pair that differs in case', {}, { buddies: ['Alice', 'Bob'] }, 'buddies', 'buddies'],
  ['the same queue', { aToB: 'ours' }, { buddies: ['dan', 'eve'], bToA: 'Ours' }, 'bToA', 'aToB'],
  ['a queue of another', { aToB: 'Btr-dan-eve-a-to-b' }, { buddies: ['dan', 'eve'] }, 'buddies', 'aToB'],
  ['the same bucket', { bucket: 'ours' }, { buddies: ['dan', 'eve'], bucket: 'ours' }, 'bucket', 'bucket'],
  ['the same prefix', { prefix: 'One' }, { prefix: 'one' }, 'prefix', 'prefix'],
];
for (const [what, one, other, field, first] of alike) {
  test(`two channels with ${what} are refused by both places`, () => {
    const channels = [one, other].map((change) => ({ buddies: ['alice', 'bob'], ...change }));
    assert.throws(
      () => readFile({ channels }),
      refused(`channels[1].${field}`, new RegExp(`follows from \`channels\\[0\\]\\.${first}\``)),
    );
  });
}

test('the same pair under another prefix is another channel', () => {
  const channels = [{ buddies: ['alice', 'bob'] }, { buddies: ['alice', 'bob'], prefix: 'Spare' }];
  assert.deepEqual(
    readFile({ channels }).map(({ names }) => names.stack),
    ['Btr-alice-bob', 'Spare-alice-bob'],
  );
});
