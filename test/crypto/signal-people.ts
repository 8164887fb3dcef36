/** Two people with identities and, on request, a session between them: what the tests of suite `signal` begin with. */
import { generateIdentity, publicIdentity } from '../../client/crypto/signal/identity.ts';
import { makePrekeys, type Prekeys, type PrivatePrekeys } from '../../client/crypto/signal/prekeys.ts';
import { decodeState, encodeState } from '../../client/crypto/signal/state.ts';
import type { Opened, SuiteState } from '../../client/crypto/suite.ts';
import { signalSuite } from '../../client/crypto/suites.ts';

export const start = Date.UTC(2026, 0, 1);
export const day = 24 * 60 * 60_000;

/** One side. It keeps its state as a caller would. */
export class Side {
  readonly role: 'a' | 'b';
  state: SuiteState;
  prekeys: PrivatePrekeys[] = [];
  now = start;

  constructor(role: 'a' | 'b', state: SuiteState) {
    this.role = role;
    this.state = state;
  }

  async seal(text: string): Promise<Buffer> {
    const direction = this.role === 'a' ? 'a-to-b' : 'b-to-a';
    const { state, sealed } = await signalSuite.seal(this.state, Buffer.from(text), {
      direction,
      sender: this.role,
      now: this.now,
    });
    this.state = state;
    return Buffer.from(sealed);
  }

  /** What opening would give; the state stays. */
  look(sealed: Uint8Array): Promise<Opened> {
    const direction = this.role === 'a' ? 'b-to-a' : 'a-to-b';
    const sender = this.role === 'a' ? 'b' : 'a';
    return signalSuite.open(this.state, sealed, { direction, sender, now: this.now, prekeys: () => this.prekeys });
  }

  async open(sealed: Uint8Array): Promise<string> {
    const { state, content, accepted } = await this.look(sealed);
    this.state = state;
    this.prekeys = this.prekeys.map((one) =>
      one.id === accepted?.id ? { ...one, used: [...one.used, accepted.baseKey] } : one,
    );
    return Buffer.from(content).toString();
  }

  async renew(bundle: Uint8Array, retire = false): Promise<void> {
    this.state = (await signalSuite.renew?.(this.state, bundle, this.now, retire)) ?? this.state;
  }

  /** Prekeys of this side, whose private halves it keeps. */
  async makePrekeys(form: 'one-time' | 'renewal'): Promise<Prekeys> {
    const made = await makePrekeys(decodeState(this.state).identity, form, this.now);
    this.prekeys = [made.secret, ...this.prekeys];
    return made;
  }
}

export interface Two {
  readonly a: Side;
  readonly b: Side;
}

/** They know each other's identity and have no session. */
export async function makeTwo(): Promise<Two> {
  const [own, other] = await Promise.all([generateIdentity(), generateIdentity()]);
  const none = Buffer.alloc(0);
  const state = async (role: 'a' | 'b', identity: Buffer, peer: Buffer) =>
    encodeState({
      own: `channel.${role}`,
      peer: `channel.${role === 'a' ? 'b' : 'a'}`,
      identity,
      peerIdentity: await publicIdentity(peer),
      record: none,
      retired: none,
    });
  return { a: new Side('a', await state('a', own, other)), b: new Side('b', await state('b', other, own)) };
}

/** b has started a session from a's bundle, and both have said something. */
export async function makeTalking(): Promise<Two> {
  const { a, b } = await makeTwo();
  await b.renew((await a.makePrekeys('one-time')).bundle);
  await a.open(await b.seal('first'));
  await b.open(await a.seal('second'));
  return { a, b };
}
