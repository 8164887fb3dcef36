/**
 * libsignal's bare rate: a session between two, with stores in memory that keep records serialized. Prints how many
 * messages a second are encrypted and decrypted (session-loop.ts).
 */
import * as signal from '@signalapp/libsignal-client';
import { type End, measureLoop } from '../session-loop.ts';

class Sessions extends signal.SessionStore {
  readonly #records = new Map<string, Uint8Array<ArrayBuffer>>();

  async saveSession(name: signal.ProtocolAddress, record: signal.SessionRecord): Promise<void> {
    this.#records.set(name.toString(), record.serialize());
  }

  async getSession(name: signal.ProtocolAddress): Promise<signal.SessionRecord | null> {
    const bytes = this.#records.get(name.toString());
    return bytes ? signal.SessionRecord.deserialize(bytes) : null;
  }

  async getExistingSessions(names: signal.ProtocolAddress[]): Promise<signal.SessionRecord[]> {
    return (await Promise.all(names.map((name) => this.getSession(name)))).flatMap((one) => (one ? [one] : []));
  }
}

class Identities extends signal.IdentityKeyStore {
  readonly pair = signal.IdentityKeyPair.generate();
  readonly #known = new Map<string, signal.PublicKey>();

  async getIdentityKey(): Promise<signal.PrivateKey> {
    return this.pair.privateKey;
  }

  override async getIdentityKeyPair(): Promise<signal.IdentityKeyPair> {
    return this.pair;
  }

  async getLocalRegistrationId(): Promise<number> {
    return 1;
  }

  async saveIdentity(name: signal.ProtocolAddress, key: signal.PublicKey): Promise<signal.IdentityChange> {
    this.#known.set(name.toString(), key);
    return signal.IdentityChange.NewOrUnchanged;
  }

  async isTrustedIdentity(name: signal.ProtocolAddress, key: signal.PublicKey): Promise<boolean> {
    return this.#known.get(name.toString())?.equals(key) ?? true;
  }

  async getIdentity(name: signal.ProtocolAddress): Promise<signal.PublicKey | null> {
    return this.#known.get(name.toString()) ?? null;
  }
}

class SignedPreKeys extends signal.SignedPreKeyStore {
  record: signal.SignedPreKeyRecord | undefined;

  async saveSignedPreKey(_id: number, record: signal.SignedPreKeyRecord): Promise<void> {
    this.record = record;
  }

  async getSignedPreKey(): Promise<signal.SignedPreKeyRecord> {
    if (this.record) return this.record;
    throw new Error('no signed prekey');
  }
}

class KyberPreKeys extends signal.KyberPreKeyStore {
  record: signal.KyberPreKeyRecord | undefined;

  async saveKyberPreKey(_id: number, record: signal.KyberPreKeyRecord): Promise<void> {
    this.record = record;
  }

  async getKyberPreKey(): Promise<signal.KyberPreKeyRecord> {
    if (this.record) return this.record;
    throw new Error('no Kyber prekey');
  }

  async markKyberPreKeyUsed(): Promise<void> {}
}

class NoOneTimeKeys extends signal.PreKeyStore {
  async savePreKey(): Promise<void> {}

  async getPreKey(): Promise<signal.PreKeyRecord> {
    throw new Error('no one-time prekey');
  }

  async removePreKey(): Promise<void> {}
}

class Party {
  readonly address: signal.ProtocolAddress;
  readonly #sessions = new Sessions();
  readonly #identities = new Identities();
  readonly #signed = new SignedPreKeys();
  readonly #kyber = new KyberPreKeys();

  constructor(name: string) {
    this.address = signal.ProtocolAddress.new(name, 1);
  }

  async bundle(): Promise<signal.PreKeyBundle> {
    const { privateKey, publicKey } = this.#identities.pair;
    const [key, kyber] = [signal.PrivateKey.generate(), signal.KEMKeyPair.generate()];
    const [keyPublic, kyberPublic] = [key.getPublicKey(), kyber.getPublicKey()];
    const signature = privateKey.sign(keyPublic.serialize());
    const kyberSignature = privateKey.sign(kyberPublic.serialize());
    const now = Date.now();
    await this.#signed.saveSignedPreKey(1, signal.SignedPreKeyRecord.new(1, now, keyPublic, key, signature));
    await this.#kyber.saveKyberPreKey(1, signal.KyberPreKeyRecord.new(1, now, kyber, kyberSignature));
    return signal.PreKeyBundle.new(
      1,
      1,
      null,
      null,
      1,
      keyPublic,
      signature,
      publicKey,
      1,
      kyberPublic,
      kyberSignature,
    );
  }

  async start(peer: Party): Promise<void> {
    const bundle = await peer.bundle();
    await signal.processPreKeyBundle(bundle, peer.address, this.address, this.#sessions, this.#identities);
  }

  /** This party's end of a session with the other. */
  end(peer: Party): End<Sealed> {
    const place = [peer.address, this.address, this.#sessions, this.#identities] as const;
    return {
      seal: async (texts) => {
        const sealed: Sealed[] = [];
        for (const text of texts) {
          const message = await signal.signalEncrypt(text, ...place);
          sealed.push({ type: message.type(), bytes: message.serialize() });
        }
        return sealed;
      },
      open: async (sealed) => {
        const texts: Uint8Array[] = [];
        for (const { type, bytes } of sealed) texts.push(await this.#decrypt(type, bytes, place));
        return texts;
      },
    };
  }

  #decrypt(type: number, bytes: Uint8Array<ArrayBuffer>, place: Place): Promise<Uint8Array> {
    if (type === signal.CiphertextMessageType.Whisper) {
      return signal.signalDecrypt(signal.SignalMessage.deserialize(bytes), ...place);
    }
    const message = signal.PreKeySignalMessage.deserialize(bytes);
    return signal.signalDecryptPreKey(message, ...place, new NoOneTimeKeys(), this.#signed, this.#kyber);
  }
}

interface Sealed {
  readonly type: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

type Place = readonly [signal.ProtocolAddress, signal.ProtocolAddress, Sessions, Identities];

const [alice, bob] = [new Party('alice'), new Party('bob')];
await alice.start(bob);
await measureLoop([alice.end(bob), bob.end(alice)], Number(process.argv[2]));
