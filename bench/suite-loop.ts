/**
 * The rate of suite `signal`, state in and state out. Prints how many messages a second are sealed and opened
 * (session-loop.ts). After each batch the state is copied, as if the store had kept it and given it back.
 */

import { generateIdentity, publicIdentity } from '../client/crypto/signal/identity.ts';
import { makePrekeys, type Prekeys } from '../client/crypto/signal/prekeys.ts';
import { encodeState } from '../client/crypto/signal/state.ts';
import { renew } from '../client/crypto/signal/suite.ts';
import type { SuiteState } from '../client/crypto/suite.ts';
import { signalSuite } from '../client/crypto/suites.ts';
import { directionFrom, otherRole, type Role } from '../client/protocol/roles.ts';
import { type End, measureLoop } from './session-loop.ts';

function end(role: Role, first: SuiteState, { secret }: Prekeys): End<Uint8Array> {
  let state = first;
  const about = (sender: Role) => ({ direction: directionFrom(sender), sender, now: Date.now() });
  const stored = () => {
    state = new Uint8Array(state);
  };
  return {
    seal: async (texts) => {
      const bodies: Uint8Array[] = [];
      for (const text of texts) {
        const { state: next, sealed } = await signalSuite.seal(state, text, about(role));
        state = next;
        bodies.push(sealed);
      }
      stored();
      return bodies;
    },
    open: async (bodies) => {
      const texts: Uint8Array[] = [];
      for (const body of bodies) {
        const context = { ...about(otherRole(role)), prekeys: () => [secret] };
        const { state: next, content } = await signalSuite.open(state, body, context);
        state = next;
        texts.push(content);
      }
      stored();
      return texts;
    },
  };
}

const identities = { a: await generateIdentity(), b: await generateIdentity() };
const none = new Uint8Array();

async function start(role: Role): Promise<SuiteState> {
  const peerIdentity = await publicIdentity(identities[otherRole(role)]);
  const addresses = { own: `bench.${role}`, peer: `bench.${otherRole(role)}` };
  return encodeState({ ...addresses, identity: identities[role], peerIdentity, record: none, retired: none });
}

const prekeys = {
  a: await makePrekeys(identities.a, 'renewal', Date.now()),
  b: await makePrekeys(identities.b, 'renewal', Date.now()),
};
const started = await renew(await start('a'), prekeys.b.bundle, Date.now());
await measureLoop([end('a', started, prekeys.a), end('b', await start('b'), prekeys.b)], Number(process.argv[2]));
