/** The suites this program comes with; an embedder may register another. */
import { randomBytes } from 'node:crypto';
import { UsageError } from '../errors.ts';
import type { Direction } from '../protocol/roles.ts';
import { fernetOverhead, openFernet, sealFernet } from './fernet.ts';
import { deriveKey } from './keys.ts';
import type { Suite, SuiteState } from './suite.ts';

/** Fernet with one key a direction. State: the channel's root (32). No forward secrecy: who learns the root reads all. */
export const fernetSuite: Suite = {
  name: 'fernet',
  byte: 1,
  framed: true,
  overhead: () => fernetOverhead,
  async seal(state, content, { direction, now }) {
    return { state, sealed: sealFernet(directionKey(state, direction), content, now, randomBytes(16)) };
  },
  async open(state, sealed, { direction }) {
    return { state, content: openFernet(directionKey(state, direction), sealed) };
  },
};

/**
 * The wire of the original btrchat: the body is the padded Fernet token of the bare text, and both directions share
 * one key. State: that key (32). It gives no confidentiality worth the name: PIN and suffix are read as base64, so
 * that the PIN reaches three bytes of the signing key and none of the encryption key.
 */
export const btrchatSuite: Suite = {
  name: 'btrchat',
  byte: 2,
  framed: false,
  overhead: () => fernetOverhead,
  async seal(state, content, { now }) {
    return { state, sealed: sealFernet(state, content, now, randomBytes(16)) };
  },
  async open(state, sealed) {
    return { state, content: openFernet(state, sealed) };
  },
};

/** No sealing at all beside the envelope's; for tests, on folder and memory drops only. State: empty. */
export const plainSuite: Suite = {
  name: 'plain',
  byte: 3,
  framed: true,
  overhead: () => 0,
  async seal(state, content) {
    return { state, sealed: content };
  },
  async open(state, sealed) {
    return { state, content: sealed };
  },
};

/** Most bytes that libsignal adds: block padding, header, the ratchets' keys, and before an answer the first keys. */
const signalOverhead = 4096;

type SignalModule = typeof import('./signal/suite.ts');
let signalModule: Promise<SignalModule> | undefined;

/** Kept, since asking for a module again takes as long as a tenth of sealing with it. */
function loadSignal(): Promise<SignalModule> {
  signalModule ??= import('./signal/suite.ts');
  return signalModule;
}

/** Sessions that ratchet, between pinned identities (signal/suite.ts). Loaded when it is first used. */
export const signalSuite: Suite = {
  name: 'signal',
  byte: 4,
  framed: true,
  overhead: () => signalOverhead,
  async seal(state, content, context) {
    return (await loadSignal()).seal(state, content, context);
  },
  async open(state, sealed, context) {
    return (await loadSignal()).open(state, sealed, context);
  },
  async renew(state, bundle, now, retire) {
    return (await loadSignal()).renew(state, bundle, now, retire);
  },
};

const suites = new Map<string, Suite>();

/** Makes a suite known by its name. Its byte must be one that no other suite has. */
export function registerSuite(suite: Suite): void {
  for (const other of suites.values()) {
    if (other.byte === suite.byte && other.name !== suite.name) throw new RangeError(`byte ${suite.byte} is taken`);
  }
  suites.set(suite.name, suite);
}

for (const suite of [signalSuite, fernetSuite, btrchatSuite, plainSuite]) registerSuite(suite);

/** @throws UsageError where no suite has this name. */
export function suiteNamed(name: string): Suite {
  const suite = suites.get(name);
  if (suite) return suite;
  throw new UsageError(`There is no suite ${JSON.stringify(name)}.`, {
    code: 'no-such-suite',
    hint: `Suites are: ${[...suites.keys()].join(', ')}.`,
  });
}

function directionKey(root: SuiteState, direction: Direction): Buffer {
  return deriveKey(root, `btr fernet ${direction}`);
}
