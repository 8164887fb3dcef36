import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UsageError } from '../../client/errors.ts';
import { channelNames } from '../../infra/names.ts';
import { readSettings } from '../../infra/settings.ts';

function refused(code: string, text: RegExp) {
  return (error: unknown) => {
    assert.ok(error instanceof UsageError);
    assert.equal(error.code, code);
    assert.match(`${error.message} ${error.hint}`, text);
    return true;
  };
}

test('the first buddy has role a, the second role b', () => {
  assert.deepEqual(readSettings({ buddies: 'alice, bob' }), {
    buddies: { a: { name: 'alice', role: 'a', principals: [] }, b: { name: 'bob', role: 'b', principals: [] } },
    allowSwap: false,
    names: {},
  });
});

test('roles may be named by their own names', () => {
  assert.equal(readSettings({ buddies: 'a,b' }).buddies.b.name, 'b');
});

const badBuddies: [unknown, string, RegExp][] = [
  [undefined, 'no-buddies', /buddies=alice,bob/],
  ['', 'no-buddies', /buddies=alice,bob/],
  [['alice', 'bob'], 'bad-buddies', /not a text/],
  ['alice', 'bad-buddies', /exactly two/],
  ['alice,bob,carol', 'bad-buddies', /exactly two/],
  ['alice bob', 'bad-buddies', /exactly two/],
  ['alice,', 'bad-buddies', /empty/],
  ['alice,bob_x', 'bad-buddies', /'bob_x'.*letters/],
  ['alice,bób', 'bad-buddies', /letters/],
  ['-alice,bob', 'bad-buddies', /letters/],
  ['a--lice,bob', 'bad-buddies', /single hyphens/],
  ['alice,../bob', 'bad-buddies', /letters/],
  [`alice,${'b'.repeat(21)}`, 'bad-buddies', /1 to 20/],
  ['alice,alice', 'bad-buddies', /too much alike/],
  ['alice,Alice', 'bad-buddies', /too much alike/],
  ['ann-lee,AnnLee', 'bad-buddies', /too much alike/],
  ['b,carol', 'bad-buddies', /other role/],
  ['carol,A', 'bad-buddies', /other role/],
  ['alice,prefix', 'bad-buddies', /setting/],
];
for (const [buddies, code, text] of badBuddies) {
  test(`buddies=${String(buddies)} is refused with the reason`, () => {
    assert.throws(() => readSettings({ buddies }), refused(code, text));
  });
}

test('allowSwap is true, false or an error', () => {
  assert.equal(readSettings({ buddies: 'alice,bob', allowSwap: 'true' }).allowSwap, true);
  assert.equal(readSettings({ buddies: 'alice,bob', allowSwap: true }).allowSwap, true);
  assert.equal(readSettings({ buddies: 'alice,bob', allowSwap: 'false' }).allowSwap, false);
  assert.throws(() => readSettings({ buddies: 'alice,bob', allowSwap: 'yes' }), refused('bad-setting', /true/));
});

test('a misspelled setting is not passed over', () => {
  assert.throws(
    () => readSettings({ buddies: 'alice,bob', allowswap: 'true' }),
    refused('bad-setting', /meant -c allowSwap/),
  );
  assert.throws(() => readSettings({ buddies: 'alice,bob', prefix: '' }), refused('bad-setting', /empty/));
});

test('principals are ARNs of a buddy, one or several', () => {
  const arns = ['arn:aws:iam::123456789012:root', 'arn:aws-us-gov:iam::123456789012:user/team/bob'];
  const { buddies } = readSettings({ buddies: 'alice,bob', bob: arns.join(', ') });
  assert.deepEqual(buddies.b.principals, arns);
  assert.deepEqual(buddies.a.principals, []);
  for (const bob of ['*', 'bob', 'arn:aws:iam::123456789012:user/*', 'arn:aws:s3:::bucket', `${arns[0]},`]) {
    assert.throws(() => readSettings({ buddies: 'alice,bob', bob }), refused('bad-principal', /not the ARN/));
  }
  assert.throws(
    () => readSettings({ buddies: 'alice,bob', bobb: arns[0] }),
    refused('bad-principal', /'bobb'.*alice or bob/),
  );
});

test('different buddies never share a stack', () => {
  assert.equal(channelNames({ a: 'ann', b: 'lee-bob' }).stack, 'Btr-ann-lee--bob');
  assert.equal(channelNames({ a: 'ann-lee', b: 'bob' }).stack, 'Btr-ann--lee-bob');
});

test('names that AWS would refuse are refused before anything is deployed', () => {
  const buddies = { a: 'alice', b: 'bob' };
  const long = { a: 'a'.repeat(20), b: 'c'.repeat(20) };
  assert.throws(() => channelNames(long), refused('bad-name', /66 characters; AWS takes 64/));
  assert.throws(() => channelNames(buddies, { aToB: 'q'.repeat(71) }), refused('bad-name', /81 characters/));
  assert.equal(channelNames(buddies, { aToB: 'q'.repeat(70) }).deadLetterQueues['a-to-b'].length, 80);
  assert.throws(() => channelNames(buddies, { prefix: '1st' }), refused('bad-name', /stack/));
  assert.throws(() => channelNames(buddies, { aToB: 'two words' }), refused('bad-name', /queue/));
  assert.throws(() => channelNames(buddies, { aToB: 'one', bToA: 'one.fifo' }), refused('bad-name', /same name/));
  assert.throws(() => channelNames(buddies, { aToB: 'one', bToA: 'one-dead' }), refused('bad-name', /same name/));
  assert.throws(() => channelNames(buddies, { bucket: 'Our-Files' }), refused('bad-name', /bucket/));
});
