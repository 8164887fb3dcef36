import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import type { Suite, SuiteContext } from '../../client/crypto/suite.ts';
import { btrchatSuite, fernetSuite, plainSuite, registerSuite, suiteNamed } from '../../client/crypto/suites.ts';

const unopened = { code: 'unopened', kind: 'security' };
const forward: SuiteContext = { direction: 'a-to-b', sender: 'a', now: Date.UTC(2026, 0, 1) };
const backward: SuiteContext = { direction: 'b-to-a', sender: 'b', now: Date.UTC(2026, 0, 1) };
const content = Buffer.from('frames');

test('every suite opens what it sealed, within its overhead, and gives its state back', async () => {
  for (const suite of [fernetSuite, btrchatSuite, plainSuite]) {
    const state = suite === plainSuite ? Buffer.alloc(0) : randomBytes(32);
    const sealed = await suite.seal(state, content, forward);
    assert.deepEqual(sealed.state, state, suite.name);
    assert.ok(sealed.sealed.length <= content.length + suite.overhead(content.length), suite.name);
    const opened = await suite.open(sealed.state, sealed.sealed, forward);
    assert.deepEqual(Buffer.from(opened.content), content, suite.name);
    assert.deepEqual(opened.state, state, suite.name);
  }
});

test('fernet has a key for each direction: what was sent one way does not open the other way', async () => {
  const state = randomBytes(32);
  const { sealed } = await fernetSuite.seal(state, content, forward);
  await assert.rejects(fernetSuite.open(state, sealed, backward), unopened);
  await assert.rejects(fernetSuite.open(randomBytes(32), sealed, forward), unopened);
});

test('btrchat has one key for both, as the original has', async () => {
  const state = randomBytes(32);
  const { sealed } = await btrchatSuite.seal(state, content, forward);
  assert.deepEqual((await btrchatSuite.open(state, sealed, backward)).content, content);
  await assert.rejects(btrchatSuite.open(randomBytes(32), sealed, forward), unopened);
});

test('what is no token is refused, not thrown over', async () => {
  for (const suite of [fernetSuite, btrchatSuite]) {
    for (const length of [0, 1, 57, 72, 73, 100]) {
      await assert.rejects(suite.open(randomBytes(32), randomBytes(length), forward), unopened, `${length} bytes`);
    }
  }
});

test('suites are found by name, and no byte is given twice', () => {
  assert.equal(suiteNamed('fernet'), fernetSuite);
  assert.equal(suiteNamed('btrchat'), btrchatSuite);
  assert.equal(suiteNamed('plain'), plainSuite);
  assert.deepEqual([fernetSuite.byte, btrchatSuite.byte, plainSuite.byte], [1, 2, 3]);
  assert.deepEqual([fernetSuite.framed, btrchatSuite.framed, plainSuite.framed], [true, false, true]);
  assert.throws(() => suiteNamed('rot13'), { code: 'no-such-suite', kind: 'usage', hint: /fernet, btrchat, plain/ });
  const impostor: Suite = { ...plainSuite, name: 'impostor', byte: fernetSuite.byte };
  assert.throws(() => registerSuite(impostor), RangeError);
  assert.throws(() => suiteNamed('impostor'), { code: 'no-such-suite' });
});
