/**
 * The state of suite `signal`, opaque to everyone else:
 *
 *     state = version (1) | own address | peer address | own identity key pair | peer identity key | session record
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
}

export function encodeState({ own, peer, identity, peerIdentity, record }: SignalState): SuiteState {
  return new ByteWriter(record.length + 256)
    .u8(version)
    .text(own)
    .text(peer)
    .bytes(identity)
    .bytes(peerIdentity)
    .bytes(record)
    .finish();
}

export function decodeState(state: SuiteState): SignalState {
  const reader = new ByteReader(state);
  const written = reader.u8();
  if (written !== version) throw new Error(`a session of version ${written}`);
  const decoded = {
    own: reader.text(),
    peer: reader.text(),
    identity: reader.bytes(),
    peerIdentity: reader.bytes(),
    record: reader.bytes(),
  };
  reader.end();
  return decoded;
}
