/**
 * The state of suite `signal`, opaque to everyone else:
 *
 *     state = version (1) | own address | peer address | own identity key pair | peer identity key | session record
 *           | retired session record
 *
 * each but the first with its length in front. The addresses are those of the pairing: channel id and member, so that
 * two channels never share a session, and a swap of roles leaves it alone.
 */
import { ByteReader, ByteWriter } from '../../protocol/bytes.ts';
import type { SuiteState } from '../suite.ts';

const version = 1;

export interface SignalState {
  readonly own: string;
  readonly peer: string;
  /** An IdentityKeyPair as libsignal writes it. */
  readonly identity: Uint8Array;
  /** The pinned identity key of the other side, 33 bytes. */
  readonly peerIdentity: Uint8Array;
  /** A SessionRecord as libsignal writes it; empty before there is one. */
  readonly record: Uint8Array;
  /**
   * Sessions from before this home went back in time, or empty. What comes in them is opened, and nothing is sealed:
   * the keys they would give were used. (libsignal seals in whatever session was last opened in, within one record.)
   */
  readonly retired: Uint8Array;
}

/** What a state was encoded from: the next message of a batch need not decode what the one before encoded. */
const encoded = new WeakMap<SuiteState, SignalState>();

export function encodeState(state: SignalState): SuiteState {
  const { own, peer, identity, peerIdentity, record, retired } = state;
  const bytes = new ByteWriter(record.length + retired.length + 256)
    .u8(version)
    .text(own)
    .text(peer)
    .bytes(identity)
    .bytes(peerIdentity)
    .bytes(record)
    .bytes(retired)
    .finish();
  encoded.set(bytes, state);
  return bytes;
}

export function decodeState(state: SuiteState): SignalState {
  const known = encoded.get(state);
  if (known) return known;
  const reader = new ByteReader(state);
  const written = reader.u8();
  if (written !== version) throw new Error(`a session of version ${written}`);
  const decoded = {
    own: reader.text(),
    peer: reader.text(),
    identity: reader.bytes(),
    peerIdentity: reader.bytes(),
    record: reader.bytes(),
    retired: reader.bytes(),
  };
  reader.end();
  return decoded;
}
