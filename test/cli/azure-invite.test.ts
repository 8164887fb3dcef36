/** Invites over an Azure drop, by real processes: the buddy has no account, and only the owner can revoke a SAS set. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { parseAzureAddress } from '../../client/drops/azure/address.ts';
import { azureKind } from '../../client/drops/azure/kind.ts';
import { bareAzure } from '../drops/azure-tools.ts';
import { withVariables } from '../drops/variables.ts';
import { Azurite } from '../tools/azurite.ts';
import { eventsOf } from '../tools/btr.ts';
import { expectEnd, invites, joins, newcomer, settle } from '../tools/invited.ts';
import { type Person, Stage } from '../tools/stage.ts';

let stage: Stage;
let azurite: Azurite;
let variables: Disposable;
before(async () => {
  stage = await Stage.make();
  azurite = await Azurite.start();
  variables = withVariables({ ...bareAzure, AZURE_STORAGE_CONNECTION_STRING: azurite.connectionString });
});
after(async () => {
  variables[Symbol.dispose]();
  await azurite[Symbol.asyncDispose]();
  await stage[Symbol.asyncDispose]();
});

/** As a script gives the account to one command and not to the next. */
function asOwner() {
  return { env: { AZURE_STORAGE_CONNECTION_STRING: azurite.connectionString } };
}

async function meet(): Promise<{ alice: Person; bob: Person }> {
  return { alice: await newcomer(stage, 'alice', bareAzure), bob: await newcomer(stage, 'bob', bareAzure) };
}

/** The ids of bob's living sets. */
async function setsOfBob(alice: Person): Promise<string[]> {
  const drop = parseAzureAddress(await alice.within((messenger) => messenger.channel('bob').drop));
  return ((await azureKind.keys?.list({ ...drop }, 'b')) ?? []).filter(({ active }) => active).map(({ id }) => id);
}

async function invitesBob(alice: Person) {
  Object.assign(alice.env, asOwner().env);
  const invited = await invites(alice, 'bob', '--as', 'a', '--drop', 'azure', '--with-key');
  Object.assign(alice.env, bareAzure);
  return invited;
}

describe('azure', { concurrency: 2 }, () => {
  test('one set travels in the invite, another inside the session, and the owner revokes the first', async () => {
    const { alice, bob } = await meet();
    const invited = await invitesBob(alice);
    const text = Buffer.from(invited.invite.slice('btr1-'.length), 'base64url').toString('latin1');
    const [first = '', second = '', ...more] = (await setsOfBob(alice)).sort((id) => (text.includes(id) ? -1 : 1));
    assert.ok(text.includes(first) && !text.includes(second) && more.length === 0, 'the first is in the invite alone');
    await expectEnd(joins(bob, invited, invited.pin), 0, /Joined alice/);
    await alice.run(['listen', '--once'], asOwner());
    await bob.listens();
    assert.deepEqual((await setsOfBob(alice)).sort(), [first, second].sort(), 'not before bob has the second');
    await expectEnd(alice.run(['listen', '--once'], asOwner()), 0, /^/);
    await expectEnd(alice.run(['listen', '--once'], asOwner()), 0, /^/);
    assert.deepEqual(await setsOfBob(alice), [second]);
    await expectEnd(bob.run(['send', 'with a set of my own']), 0, /^/);
    assert.deepEqual(await alice.listens(), ['with a set of my own']);

    const rotated = await alice.run(['channel', 'rotate-key', 'bob', '--json'], asOwner());
    assert.equal(rotated.code, 0, rotated.stderr);
    const [event] = eventsOf(rotated.stdout);
    await settle(bob, alice);
    await expectEnd(alice.run(['listen', '--once'], asOwner()), 0, /^/);
    assert.deepEqual(await setsOfBob(alice), [event?.id]);
    await expectEnd(bob.run(['send', 'with another']), 0, /^/);
    assert.deepEqual(await alice.listens(), ['with another']);
  });

  test('without the account at hand the first set stays, which is said once; with it, it goes', async () => {
    const { alice, bob } = await meet();
    const invited = await invitesBob(alice);
    await expectEnd(joins(bob, invited, invited.pin), 0, /Joined alice/);
    await alice.listens();
    await bob.listens();
    const said = [];
    for (let count = 0; count < 3; count += 1) said.push((await alice.run(['listen', '--once'])).stderr);
    assert.equal(said.join('').match(/could not be revoked yet: .*--connection-string-file/g)?.length, 1);
    assert.equal((await setsOfBob(alice)).length, 2);
    await expectEnd(alice.run(['listen', '--once'], asOwner()), 0, /^/);
    assert.equal((await setsOfBob(alice)).length, 1);
    await expectEnd(bob.run(['send', 'still here']), 0, /^/);
    assert.deepEqual(await alice.listens(), ['still here']);
  });
});
