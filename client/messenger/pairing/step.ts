/** A step of a pairing: computed from a body that came, and carried out within the transaction that commits the body. */
import type { EnvelopeForm } from '../../protocol/envelope.ts';
import type { Shown } from '../absorb.ts';

export interface Step {
  /**
   * Within a transaction. Undefined: what it rests on has changed since, and the body is to be looked at again.
   * @param hash of the body.
   */
  commit(hash: Buffer): readonly Shown[] | undefined;
  /** New keys: what is in quarantine may open now. */
  readonly opensMore: boolean;
}

/** The forms of envelopes that stand under the key of an invite. */
export type PairingForm = Extract<EnvelopeForm, 'bundle' | 'reply' | 'refusal'>;

export function isPairingForm(form: EnvelopeForm): form is PairingForm {
  return form === 'bundle' || form === 'reply' || form === 'refusal';
}

export function notice(channel: string, code: string, text: string): Shown {
  return { event: { type: 'notice', channel, code, text } };
}
