/** `btr channel set --drop`, and the keys that hang on the drop. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { expectEnd, newcomer } from '../tools/invited.ts';
import { type Person, Stage } from '../tools/stage.ts';

let stage: Stage;
before(async () => {
  stage = await Stage.make();
});
after(() => stage[Symbol.asyncDispose]());

test('a wrong PIN without a key file is mended after a move as well: on both sides, as is said', async () => {
  const [alice, bob] = [await newcomer(stage, 'alice'), await newcomer(stage, 'bob')];
  const [first, second] = [`folder:${stage.path('first')}`, `folder:${stage.path('second')}`];
  const adds = (person: Person, buddy: string, role: string, pin: string) =>
    person.run(['channel', 'add', buddy, '--as', role, '--drop', first, '--suite', 'fernet'], {
      env: { BTR_PIN: pin },
    });
  await expectEnd(adds(alice, 'bob', 'a', 'right-pin'), 0, /./);
  await expectEnd(adds(bob, 'alice', 'b', 'wrong-pin'), 0, /./);
  assert.equal((await alice.run(['send', 'a0'])).code, 0);
  for (const person of [alice, bob]) {
    await expectEnd(person.run(['channel', 'set', '--drop', second]), 0, /goes over folder/);
  }
  await expectEnd(bob.run(['listen', '--once']), 3, /Agree on a PIN/);
  const setsPin = (person: Person) => person.run(['channel', 'set', '--pin'], { env: { BTR_PIN: 'right-pin' } });
  await expectEnd(setsPin(bob), 0, /still do not open: .* After a move .* has to be set on both sides\./);
  await expectEnd(setsPin(alice), 0, /changed/);
  assert.equal((await alice.run(['send', 'a1'])).code, 0);
  assert.deepEqual(await bob.listens(), ['a0', 'a1']);
});
