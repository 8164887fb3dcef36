import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UsageError } from '../../client/errors.ts';
import type { ChannelSettings } from '../../infra/settings/channel.ts';
import { readSettings } from '../../infra/settings.ts';

/** Both lines that a person would see. */
function refused(text: RegExp) {
  return (error: unknown) => {
    assert.ok(error instanceof UsageError);
    assert.equal(error.exitCode, 2);
    assert.match(`${error.message} ${error.hint}`, text);
    return true;
  };
}

function read(context: Record<string, unknown>): ChannelSettings {
  const [only, ...others] = readSettings(context, '/nowhere');
  assert.ok(only);
  assert.deepEqual(others, []);
  return only;
}

test('the first buddy has role a, the second role b, and the rest has defaults', () => {
  const { names, ...settings } = read({ buddies: 'alice, bob' });
  assert.deepEqual(settings, {
    buddies: {
      a: { name: 'alice', principals: [], removed: false },
      b: { name: 'bob', principals: [], removed: false },
    },
    allowSwap: false,
    expiry: true,
    alarms: true,
    alarmEmail: undefined,
    bucketRemoval: 'destroy',
    tags: {},
  });
  assert.equal(names.stack, 'Btr-alice-bob');
});

test('roles may be named by their own names', () => {
  assert.equal(read({ buddies: 'a,b' }).buddies.b.name, 'b');
});

const badBuddies: [unknown, RegExp][] = [
  [undefined, /`buddies`.*buddies=alice,bob/],
  ['', /`buddies`.*buddies=alice,bob/],
  [7, /`buddies`: is not a list/],
  [['alice', 7], /`buddies`: the name '7'/],
  ['alice', /exactly two/],
  ['alice,bob,carol', /exactly two/],
  ['alice bob', /letters/],
  ['alice,', /empty/],
  ['alice,bob_x', /'bob_x'.*letters/],
  ['alice,bób', /letters/],
  ['-alice,bob', /letters/],
  ['a--lice,bob', /single hyphens/],
  ['alice,../bob', /letters/],
  [`alice,${'b'.repeat(21)}`, /1 to 20/],
  ['alice,alice', /too much alike/],
  ['alice,Alice', /too much alike/],
  ['ann-lee,AnnLee', /too much alike/],
  ['b,carol', /other role/],
  ['carol,A', /other role/],
  ['alice,prefix', /setting/],
  ['alice,Removed', /setting/],
  ['config,bob', /setting/],
];
for (const [buddies, text] of badBuddies) {
  test(`buddies=${String(buddies)} is refused with the reason`, () => {
    assert.throws(() => read({ buddies }), refused(text));
  });
}

test('flags are true or on, false or off, or an error', () => {
  for (const key of ['allowSwap', 'expiry', 'alarms'] as const) {
    for (const value of ['true', 'on', true]) assert.equal(read({ buddies: 'alice,bob', [key]: value })[key], true);
    for (const value of ['false', 'off', false]) assert.equal(read({ buddies: 'alice,bob', [key]: value })[key], false);
    for (const value of ['yes', '', 1]) {
      assert.throws(
        () => read({ buddies: 'alice,bob', [key]: value }),
        refused(new RegExp(`\`${key}\`: is neither true nor false`)),
      );
    }
  }
});

test('a misspelled or unknown setting is not passed over', () => {
  assert.throws(() => read({ buddies: 'alice,bob', allowswap: 'true' }), refused(/`allowswap`.*meant allowSwap/));
  assert.throws(
    () => read({ buddies: 'alice,bob', bukcet: 'x' }),
    refused(/`bukcet`: there is no such setting.*bucket/),
  );
  assert.throws(() => read({ buddies: 'alice,bob', tags: 'x' }), refused(/`tags`: there is no such setting/));
  assert.throws(() => read({ buddies: 'alice,bob', prefix: '' }), refused(/`prefix`: is empty/));
  // What the CDK and its users' own settings have there stays theirs.
  const others = {
    'cli-telemetry': false,
    'aws:cdk:x': 1,
    '@aws-cdk/core:y': true,
    'availability-zones:account=1': [],
  };
  assert.equal(read({ buddies: 'alice,bob', ...others }).names.stack, 'Btr-alice-bob');
});

test('principals are ARNs of a buddy, one or several', () => {
  const arns = [
    'arn:aws:iam::123456789012:root',
    'arn:aws-us-gov:iam::123456789012:user/team/bob',
    'arn:aws:sts::123456789012:assumed-role/laptops/bob',
  ];
  const { buddies } = read({ buddies: 'alice,bob', bob: arns.join(', ') });
  assert.deepEqual(buddies.b.principals, arns);
  assert.deepEqual(buddies.a.principals, []);
  const sts = 'arn:aws:sts::123456789012';
  for (const bob of [
    '*',
    'bob',
    'arn:aws:iam::123456789012:user/*',
    'arn:aws:s3:::bucket',
    `${arns[0]},`,
    '',
    `${sts}:root`,
    `${sts}:assumed-role/laptops`,
  ]) {
    assert.throws(() => read({ buddies: 'alice,bob', bob }), refused(/`bob`: .*not the ARN.*without wildcards/));
  }
  assert.throws(() => read({ buddies: 'alice,bob', bob: { arn: arns[0] } }), refused(/`bob`: is not a list/));
  assert.throws(() => read({ buddies: 'alice,bob', bobb: arns[0] }), refused(/`bobb`.*alice or bob/));
  assert.throws(() => read({ buddies: 'alice,bob', 'bob-b': arns[0] }), refused(/`bob-b`.*alice or bob/));
});

test('one buddy can be removed, not both, and nobody else', () => {
  const { buddies, names } = read({ buddies: 'alice,bob', bob: 'removed' });
  assert.deepEqual([buddies.a.removed, buddies.b.removed], [false, true]);
  assert.equal(names.stack, 'Btr-alice-bob');
  assert.throws(
    () => read({ buddies: 'alice,bob', bob: 'removed', alice: 'removed' }),
    refused(/nobody would be left/),
  );
  assert.throws(() => read({ buddies: 'alice,bob', 'bob-b': 'removed' }), refused(/`bob-b`.*alice or bob/));
});

test('alarms are told to one address, if there are any', () => {
  assert.equal(read({ buddies: 'alice,bob', alarmEmail: 'me@example.org' }).alarmEmail, 'me@example.org');
  for (const alarmEmail of ['me', 'me@', '@example.org', 'me@example', 'me @example.org', 'a@b.c,d@e.f.']) {
    assert.throws(() => read({ buddies: 'alice,bob', alarmEmail }), refused(/`alarmEmail`: .*no e-mail address/));
  }
  const without = { buddies: 'alice,bob', alarmEmail: 'me@example.org', alarms: 'off' };
  assert.throws(() => read(without), refused(/`alarmEmail`: there are no alarms/));
});

test('what becomes of the bucket is one of two', () => {
  assert.equal(read({ buddies: 'alice,bob', bucketRemoval: 'retain' }).bucketRemoval, 'retain');
  assert.throws(
    () => read({ buddies: 'alice,bob', bucketRemoval: 'keep' }),
    refused(/`bucketRemoval`: is not one of destroy, retain/),
  );
});
