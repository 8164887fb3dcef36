/**
 * libsignal's stores over a copy of the state: what it writes is read back from here when it is done, and counts only
 * once the caller has committed it.
 */

import { SecurityError } from '../../errors.ts';
import { ownBytes } from './bytes.ts';
import {
  IdentityChange,
  IdentityKeyPair,
  IdentityKeyStore,
  KyberPreKeyRecord,
  KyberPreKeyStore,
  PreKeyRecord,
  PreKeyStore,
  type PrivateKey,
  type ProtocolAddress,
  PublicKey,
  SessionRecord,
  SessionStore,
  SignedPreKeyRecord,
  SignedPreKeyStore,
} from './libsignal.ts';
import type { PrivatePrekeys } from './prekeys.ts';

/** Devices and their numbers are Signal's servers' business; here a member has one. */
const registrationId = 1;

/**
 * What the bytes of a record were written from: the next message of a batch need not read what the one before wrote.
 * libsignal works on a copy of what it is given, and nobody changes these bytes.
 */
const written = new WeakMap<Uint8Array, SessionRecord>();

export class StagedSessions extends SessionStore {
  record: Uint8Array;

  constructor(record: Uint8Array) {
    super();
    this.record = record;
  }

  async saveSession(_address: ProtocolAddress, record: SessionRecord): Promise<void> {
    this.record = record.serialize();
    written.set(this.record, record);
  }

  async getSession(): Promise<SessionRecord | null> {
    if (this.record.length === 0) return null;
    return written.get(this.record) ?? SessionRecord.deserialize(ownBytes(this.record));
  }

  async getExistingSessions(): Promise<SessionRecord[]> {
    const record = await this.getSession();
    return record ? [record] : [];
  }
}

export class PinnedIdentity extends IdentityKeyStore {
  readonly #own: IdentityKeyPair;
  readonly #peer: PublicKey;

  /** @param own an IdentityKeyPair. @param peer the pinned key: no other is trusted. */
  constructor(own: Uint8Array, peer: Uint8Array) {
    super();
    this.#own = IdentityKeyPair.deserialize(ownBytes(own));
    this.#peer = PublicKey.deserialize(ownBytes(peer));
  }

  async getIdentityKey(): Promise<PrivateKey> {
    return this.#own.privateKey;
  }

  override async getIdentityKeyPair(): Promise<IdentityKeyPair> {
    return this.#own;
  }

  async getLocalRegistrationId(): Promise<number> {
    return registrationId;
  }

  // libsignal saves only what isTrustedIdentity let through: the pinned one.
  async saveIdentity(): Promise<IdentityChange> {
    return IdentityChange.NewOrUnchanged;
  }

  async isTrustedIdentity(_address: ProtocolAddress, key: PublicKey): Promise<boolean> {
    return this.#peer.equals(key);
  }

  async getIdentity(): Promise<PublicKey | null> {
    return this.#peer;
  }
}

/** Which prekeys a first message was sealed for, and the base key of the session that it starts. */
export interface Accepted {
  readonly id: number;
  readonly baseKey: string;
}

/** The three prekey stores over one list of private prekeys. */
export class StagedPrekeys {
  readonly oneTime: PreKeyStore;
  readonly signed: SignedPreKeyStore;
  readonly kyber: KyberPreKeyStore;
  accepted: Accepted | undefined;

  constructor(prekeys: readonly PrivatePrekeys[]) {
    const find = (id: number): PrivatePrekeys => {
      const found = prekeys.find((one) => one.id === id);
      if (found) return found;
      throw unknownPrekeys();
    };
    this.oneTime = new OneTime(find);
    this.signed = new Signed(find);
    this.kyber = new Kyber(find, (accepted) => {
      this.accepted = accepted;
    });
  }
}

type Find = (id: number) => PrivatePrekeys;

class OneTime extends PreKeyStore {
  readonly #find: Find;

  constructor(find: Find) {
    super();
    this.#find = find;
  }

  async savePreKey(): Promise<void> {
    throw new Error('prekeys are made elsewhere');
  }

  async getPreKey(id: number): Promise<PreKeyRecord> {
    const { oneTime } = this.#find(id);
    if (oneTime === undefined) throw unknownPrekeys();
    return PreKeyRecord.deserialize(bytes(oneTime));
  }

  // The caller erases the whole bundle of an invite, whether the reply to it was good or not.
  async removePreKey(): Promise<void> {}
}

class Signed extends SignedPreKeyStore {
  readonly #find: Find;

  constructor(find: Find) {
    super();
    this.#find = find;
  }

  async saveSignedPreKey(): Promise<void> {
    throw new Error('prekeys are made elsewhere');
  }

  async getSignedPreKey(id: number): Promise<SignedPreKeyRecord> {
    return SignedPreKeyRecord.deserialize(bytes(this.#find(id).signed));
  }
}

class Kyber extends KyberPreKeyStore {
  readonly #find: Find;
  readonly #accept: (accepted: Accepted) => void;

  constructor(find: Find, accept: (accepted: Accepted) => void) {
    super();
    this.#find = find;
    this.#accept = accept;
  }

  async saveKyberPreKey(): Promise<void> {
    throw new Error('prekeys are made elsewhere');
  }

  async getKyberPreKey(id: number): Promise<KyberPreKeyRecord> {
    return KyberPreKeyRecord.deserialize(bytes(this.#find(id).kyber));
  }

  /** A last-resort key serves several sessions, but none twice: an old first message that comes again starts nothing. */
  async markKyberPreKeyUsed(id: number, _signedPreKeyId: number, baseKey: PublicKey): Promise<void> {
    const text = Buffer.from(baseKey.serialize()).toString('base64');
    if (this.#find(id).used.includes(text)) throw unknownPrekeys();
    this.#accept({ id, baseKey: text });
  }
}

function bytes(base64: string): Uint8Array<ArrayBuffer> {
  return ownBytes(Buffer.from(base64, 'base64'));
}

function unknownPrekeys(): SecurityError {
  return new SecurityError('A session was started with keys that are not here any more.', { code: 'out-of-step' });
}
