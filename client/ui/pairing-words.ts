/** What people are told of suites and pairings. */

import { type BtrError, SecurityError } from '../errors.ts';
import type { Messenger } from '../messenger/index.ts';
import { rfc3339 } from './event-json.ts';
import { day } from './format.ts';

type Pairing = NonNullable<ReturnType<Messenger['pairing']>>;

const labels = new Map([
  ['signal', 'ratcheted sessions, keys by invite'],
  ['fernet', 'one key for all, no forward secrecy'],
  ['btrchat', 'NO confidentiality, for old clients'],
  ['plain', 'no encryption, for tests'],
]);

/** The suite with what it is worth. */
export function suiteWords(suite: string): string {
  const label = labels.get(suite);
  return label === undefined ? suite : `${suite} (${label})`;
}

/** What the owner of a channel with a weaker suite should know. */
export function suiteWarning(suite: string, hasKey: boolean): { code: string; text: string } | undefined {
  if (suite === 'btrchat') {
    const text =
      'Suite btrchat is for talking with old clients and gives NO confidentiality: its PIN hardly reaches the key.';
    return { code: 'no-confidentiality', text };
  }
  if (suite === 'plain') {
    return { code: 'no-confidentiality', text: 'Suite plain encrypts nothing that others could not open.' };
  }
  if (suite !== 'fernet') return undefined;
  const text = 'Suite fernet has no forward secrecy: whoever gets its keys reads all that was ever sent.';
  if (hasKey) return { code: 'no-forward-secrecy', text };
  const guess =
    'And without a key file, whoever can read the drop can guess the PIN at leisure: take a long one, or --key-file.';
  return { code: 'guessable-pin', text: `${text} ${guess}` };
}

/** One line on where the pairing with a buddy stands. */
export function pairingWords(buddy: string, { state, expiresAt, paired, verified, changed }: Pairing): string {
  if (changed) return `somebody with another identity wrote: nothing is sent until you decide, see btr verify ${buddy}`;
  const before = paired ? `; ${buddy} has joined before` : '';
  if (state === 'open') return `invite open until ${day(expiresAt ?? 0)}${before}`;
  if (state === 'waiting') return `invite taken, its other half has not come yet: btr listen ${buddy}${before}`;
  if (state === 'refused') return `${buddy} did not let you in: ask for a new invite`;
  if (state === 'replied') return `joined, not confirmed by ${buddy} yet`;
  if (paired) return `joined, ${verified ? 'verified' : `not verified: btr verify ${buddy}`}`;
  return `not joined${state === 'burned' ? ', the last invite is burned' : ''}: btr invite ${buddy}`;
}

/** In an event. */
export function pairingFields({ expiresAt, ...pairing }: Pairing): Record<string, unknown> {
  return { ...pairing, expiresAt: rfc3339(expiresAt) };
}

/** Why what was written waits in the outbox, where the pairing is the reason. */
export function whyKept(messenger: Messenger, channel: string): string | undefined {
  const pairing = messenger.pairing(channel);
  if (pairing?.state === 'refused') return `Kept until you have joined ${channel} by a new invite.`;
  if (!pairing || pairing.paired) return undefined;
  if (pairing.state === 'waiting') return `Kept until the other half of ${channel}'s invite has come: btr listen.`;
  const next = pairing.state === 'open' ? '' : ` Next: btr invite ${channel}`;
  return `Kept until ${channel} has joined.${next}`;
}

/** Why nothing is sealed for this buddy. */
export function changedIdentity(channel: string): BtrError {
  return new SecurityError(
    `Somebody who is not the ${channel} you paired with wrote in this channel: nothing is sent.`,
    {
      code: 'identity-changed',
      hint: `Ask ${channel} by another way. The same person as before: btr verify ${channel} --keep. A new home: btr invite ${channel} --replace`,
    },
  );
}
