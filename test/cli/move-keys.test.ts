/** `btr channel set --drop`, and the keys that hang on the drop. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { Account, deployment, outputsOf } from '../tools/guard/account.ts';
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

test('the access key of the old drop is forgotten and said to be; another of its own can be had', async () => {
  const [first, second] = [deployment('alice', 'bob'), deployment('ann', 'ben')];
  await using account = await Account.start(first, second);
  account.ownerAs(first, 'alice');
  const env = account.ownerAs(second, 'ann');
  const alice = await newcomer(stage, 'alice', account.guard.env());
  const outputs = stage.path('outputs.json');
  await writeFile(outputs, outputsOf(first));
  const asOwner = { env };
  await expectEnd(alice.run(['channel', 'add', 'bob', '--as', 'alice', '--outputs', outputs], asOwner), 0, /Next/);
  await expectEnd(alice.run(['channel', 'rotate-key', '--own'], asOwner), 0, /kept sealed here/);
  await writeFile(outputs, outputsOf(second));
  const moves = ['channel', 'set', '--outputs', outputs];
  await expectEnd(
    alice.run(moves, asOwner),
    0,
    /key .* is forgotten\. For one of the new: btr channel rotate-key bob --own/,
  );
  await expectEnd(alice.run(['channel', 'rotate-key', 'bob', '--own'], asOwner), 0, /kept sealed here/);
  await expectEnd(alice.run(['listen', '--once']), 0, /^$/);
});
