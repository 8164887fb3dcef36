/** The kinds of drops this program knows, each loaded when it is first opened; an embedder may register another. */
import { createHash } from 'node:crypto';
import { type DropError, SetupError, UsageError } from '../errors.ts';
import type { Role } from '../protocol/roles.ts';
import type { CallOptions, Drop } from './drop.ts';
import type { ExpireOptions, ExpiryReport } from './expiry.ts';
import type { Meter } from './usage.ts';

/** Where a drop is: its kind, and what that kind needs to find it. Plain JSON, kept sealed in the store. */
export interface DropAddress {
  readonly kind: string;
  readonly [key: string]: unknown;
}

export interface OpenDropOptions {
  readonly role: Role;
  /** `btrchat`: queue attributes exactly as the original btrchat sets them. */
  readonly style: 'btr' | 'btrchat';
  /** Hears of trouble that the drop gets over by itself. */
  readonly onTrouble?: (error: DropError) => void;
  /** Counts what the drop asks of its cloud. A drop that nobody bills for never calls it. */
  readonly meter?: Meter;
}

export interface DropKind {
  /** Largest body that any drop of this kind takes, in bytes of text: known before one is reached. */
  readonly bodyBytes: number;
  /** Reads what follows `--drop`, as seen by this role. @throws UsageError. */
  parseUri(uri: string, role: Role): DropAddress;
  open(address: DropAddress, options: OpenDropOptions): Promise<Drop>;
  /** Looks up, once when a channel is added, what would else be looked up each time. @throws DropError. */
  settle(address: DropAddress, role: Role): Promise<DropAddress>;
  /** A text that is the same on both sides and differs between drops. */
  id(address: DropAddress): Promise<string>;
  /**
   * Where drops in different places may have the same id: what else both sides know of this one, that tells it from
   * the others. Only `dropTag` rests on it.
   */
  distinction?(address: DropAddress): string | undefined;
  /** One line for a person; no secret in it. */
  describe(address: DropAddress): string;
  /**
   * Reads an address that somebody else wrote: nothing in it is unknown, of a wrong type or over-long.
   * @throws UsageError with code `bad-address`.
   */
  parse(value: unknown): DropAddress;
  /**
   * The address as the side with this role needs it, for an invite: compact, and without this side's credentials.
   * Where it goes with a key, see `DropKeys.withKey`.
   */
  share(address: DropAddress, role: Role): Promise<DropAddress>;
  /**
   * Why an address that somebody else wrote must not be used before this home's user says yes: plain sentences, each
   * naming the place in question. Empty: none needed. What the user's own environment names anyway needs no yes.
   */
  consent(address: DropAddress): readonly string[];
  /** Absent where a drop of this kind is used without keys of one's own. */
  readonly keys?: DropKeys;
  /**
   * Removes what stayed past its time, of both sides, with the rights of whoever owns the drop. Absent where the drop
   * does so by itself. @throws DropError where it can't even look.
   */
  expire?(address: DropAddress, options: ExpireOptions): Promise<ExpiryReport>;
}

/** A key to the cloud that a drop is in. It may go into an invite or a frame as JSON; kept sealed in the store. */
export interface DropKey {
  /** Names the key and is no secret: at most 128 letters and digits. */
  readonly id: string;
  readonly secret: string;
}

export interface DropKeyInfo {
  readonly id: string;
  /** Milliseconds since 1970, by the cloud's clock; absent where it does not tell. */
  readonly createdAt?: number;
  /** False: it was turned off and opens nothing. */
  readonly active: boolean;
}

/**
 * With whose rights a key is removed: `owner` takes the credentials of this home's environment, `own` the key that is
 * in the address, which may remove keys of its own user and do nothing else of that sort.
 */
export type KeyRights = 'owner' | 'own';

export interface CreateKeyOptions extends CallOptions {
  /** Milliseconds since 1970 after which it is of no use to anybody: where the cloud can, it opens nothing from then on. */
  readonly until?: number | undefined;
}

/**
 * Keys for people without an account of their own. Every `role` is that of the side whose keys they are, whichever
 * side's home asks. All calls reject with DropError, or SetupError where something must be set right first.
 */
export interface DropKeys {
  /** Who takes a key away that another one has followed: whoever held it, with the new one, or the owner alone. */
  readonly removedBy: 'holder' | 'owner';
  /**
   * Makes one more key, with the owner's rights. @throws SetupError `too-many-keys` (the living ones are named),
   * `no-key-user` where the address does not tell who that side is in the cloud, `no-user-keys` where it can have none.
   */
  create(address: DropAddress, role: Role, options?: CreateKeyOptions): Promise<DropKey>;
  /** The side's keys, with the owner's rights. */
  list(address: DropAddress, role: Role, options?: CallOptions): Promise<readonly DropKeyInfo[]>;
  /** Removes a key; one that is gone is no error. A key that was made just now may take up to 30 s to get the right. */
  remove(address: DropAddress, role: Role, id: string, by: KeyRights, options?: CallOptions): Promise<void>;
  /** Resolves once the key in the address opens the drop: one that was made just now may take up to 30 s. */
  untilUsable(address: DropAddress, role: Role, options?: CallOptions): Promise<void>;
  /** The address with this key in place of its own: whatever opens it uses this one and no other. */
  withKey(address: DropAddress, key: DropKey): DropAddress;
  /** The id of the key in the address, if there is one. */
  keyId(address: DropAddress): string | undefined;
  /** Reads a key that came from somebody else. @throws UsageError with code `bad-key`. */
  parseKey(value: unknown): DropKey;
  /** The address with the cloud's name for a side, for those that don't tell it. @throws UsageError `bad-address`. */
  withUser(address: DropAddress, role: Role, user: string): DropAddress;
}

const kinds = new Map<string, () => Promise<DropKind>>([
  ['aws', async () => (await import('./aws/kind.ts')).awsKind],
  ['azure', async () => (await import('./azure/kind.ts')).azureKind],
  ['folder', async () => (await import('./folder/kind.ts')).folderKind],
  ['sftp', async () => (await import('./sftp/kind.ts')).sftpKind],
]);

/** Makes a kind of drop known by its name, which is also the scheme of its URIs. */
export function registerDrop(kind: string, load: () => Promise<DropKind>): void {
  kinds.set(kind, load);
}

/** @throws SetupError where no such kind is known. */
export async function dropKind(kind: string): Promise<DropKind> {
  const load = kinds.get(kind);
  if (load) return load();
  throw new SetupError(`This version of btr knows no drop of kind ${JSON.stringify(kind)}.`, {
    code: 'no-such-drop-kind',
  });
}

/** What a drop is known by in frames, tickets and on the command line: 16 hexadecimal digits, the same on both sides. */
export async function dropTag(address: DropAddress): Promise<string> {
  const kind = await dropKind(address.kind);
  const parts = ['btr drop', address.kind, await kind.id(address), kind.distinction?.(address) ?? []].flat();
  return createHash('sha256').update(parts.join(' ')).digest('hex').slice(0, 16);
}

export async function openDrop(address: DropAddress, options: OpenDropOptions): Promise<Drop> {
  return (await dropKind(address.kind)).open(address, options);
}

export async function settleDrop(address: DropAddress, role: Role): Promise<DropAddress> {
  return (await dropKind(address.kind)).settle(address, role);
}

const longestKind = 32;

/**
 * Reads an address that somebody else wrote. @throws UsageError `bad-address`; SetupError where this version knows no
 * such kind. Ask `dropConsent` before it is used.
 */
export async function parseDropAddress(value: unknown): Promise<DropAddress> {
  if (typeof value === 'object' && value !== null && 'kind' in value && typeof value.kind === 'string') {
    if (value.kind.length <= longestKind) return (await dropKind(value.kind)).parse(value);
  }
  throw new UsageError("The drop's address can't be used: it does not say what kind of drop it is.", {
    code: 'bad-address',
    hint: 'Ask for it again: it may have been cut or changed on its way.',
  });
}

export async function shareDrop(address: DropAddress, role: Role): Promise<DropAddress> {
  return (await dropKind(address.kind)).share(address, role);
}

export async function dropConsent(address: DropAddress): Promise<readonly string[]> {
  return (await dropKind(address.kind)).consent(address);
}

/** @throws SetupError with code `no-drop-keys` where drops of this kind have none. */
export async function dropKeys(kind: string): Promise<DropKeys> {
  const { keys } = await dropKind(kind);
  if (keys) return keys;
  throw new SetupError(`A drop of kind ${kind} has no keys of its own to hand over.`, {
    code: 'no-drop-keys',
    hint: 'Invite without a key; each side gets to the drop by its own means.',
  });
}

/** Reads a drop URI: `folder:/path`, `aws:tx=QUEUE,rx=QUEUE`. @throws UsageError with code `bad-address`. */
export async function parseDropUri(uri: string, role: Role): Promise<DropAddress> {
  const [scheme = ''] = uri.split(':', 1);
  const load = kinds.get(scheme);
  if (load) return (await load()).parseUri(uri, role);
  throw new UsageError(`There is no drop like ${JSON.stringify(uri)}.`, {
    code: 'bad-address',
    hint: 'A drop is folder:/path, sftp://USER@HOST/path, azure[:NAME] or aws:tx=QUEUE,rx=QUEUE[,bucket=NAME][,region=R].',
  });
}
