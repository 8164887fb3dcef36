/** The kinds of drops this program knows, each loaded when it is first opened; an embedder may register another. */
import { type DropError, SetupError, UsageError } from '../errors.ts';
import type { Role } from '../protocol/roles.ts';
import type { Drop } from './drop.ts';

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
}

export interface DropKind {
  /** Reads what follows `--drop`, as seen by this role. @throws UsageError. */
  parseUri(uri: string, role: Role): DropAddress;
  open(address: DropAddress, options: OpenDropOptions): Promise<Drop>;
  /** Looks up, once when a channel is added, what would else be looked up each time. @throws DropError. */
  settle(address: DropAddress, role: Role): Promise<DropAddress>;
  /** A text that is the same on both sides and differs between drops. */
  id(address: DropAddress): Promise<string>;
  /** One line for a person. */
  describe(address: DropAddress): string;
}

const kinds = new Map<string, () => Promise<DropKind>>([
  ['aws', async () => (await import('./aws/kind.ts')).awsKind],
  ['folder', async () => (await import('./folder/kind.ts')).folderKind],
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

export async function openDrop(address: DropAddress, options: OpenDropOptions): Promise<Drop> {
  return (await dropKind(address.kind)).open(address, options);
}

export async function settleDrop(address: DropAddress, role: Role): Promise<DropAddress> {
  return (await dropKind(address.kind)).settle(address, role);
}

/** Reads a drop URI: `folder:/path`, `aws:tx=QUEUE,rx=QUEUE`. @throws UsageError with code `bad-address`. */
export async function parseDropUri(uri: string, role: Role): Promise<DropAddress> {
  const scheme = uri.slice(0, uri.indexOf(':'));
  const load = uri.includes(':') ? kinds.get(scheme) : undefined;
  if (load) return (await load()).parseUri(uri, role);
  throw new UsageError(`There is no drop like ${JSON.stringify(uri)}.`, {
    code: 'bad-address',
    hint: 'A drop is folder:/path or aws:tx=QUEUE,rx=QUEUE[,bucket=NAME][,region=R].',
  });
}
