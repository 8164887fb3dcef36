/**
 * A key to the drop: four service SAS, one for each queue and container, that rest on stored access policies of one
 * name there (Azure Storage, "Create a service SAS" and "Define a stored access policy"). A policy holds rights and
 * expiry and can be taken away, so a SAS is little more than a signature, and a set is the four of them.
 */
import { isRole, type Role } from '../../protocol/roles.ts';

/** The version whose rules the signatures follow; another one would be another key. */
export const sasVersion = '2022-11-02';

export interface SasSet {
  /** The name of its stored access policies: the role and 19 random characters. */
  readonly id: string;
  /** Signatures for the queues a-to-b and b-to-a and the containers of a and b: base64url, joined by dots. */
  readonly secret: string;
}

/** Where a SAS of the set is for, in the order of their signatures. */
export const sasPlaces = ['a-to-b', 'b-to-a', 'a', 'b'] as const;
export type SasPlace = (typeof sasPlaces)[number];

const setId = /^[ab][0-9a-z]{19}$/;
/** HMAC-SHA-256: 32 bytes. */
const signatures = /^[\w-]{43}(\.[\w-]{43}){3}$/;

export function isSetId(value: unknown): value is string {
  return typeof value === 'string' && setId.test(value);
}

/** Whose set it is. */
export function roleOfSet(id: string): Role | undefined {
  const role = id.slice(0, 1);
  return isSetId(id) && isRole(role) ? role : undefined;
}

/** {id, secret} and nothing else; undefined for anything else. */
export function readSasSet(value: unknown): SasSet | undefined {
  if (typeof value !== 'object' || value === null || !('id' in value && 'secret' in value)) return undefined;
  const { id, secret, ...others } = value;
  if (!isSetId(id) || typeof secret !== 'string' || !signatures.test(secret)) return undefined;
  return Object.keys(others).length === 0 ? { id, secret } : undefined;
}

/** @param sign the signature for a place, in base64 as the SDK gives it. */
export function makeSasSet(id: string, sign: (place: SasPlace) => string): SasSet {
  const secret = sasPlaces.map((place) => Buffer.from(sign(place), 'base64').toString('base64url')).join('.');
  return { id, secret };
}

/** The query of a URL for this place. @param isSecure whether the endpoint is asked over TLS. */
export function sasQuery({ id, secret }: SasSet, place: SasPlace, isSecure: boolean): string {
  const signature = secret.split('.')[sasPlaces.indexOf(place)] ?? '';
  const query = new URLSearchParams({ sv: sasVersion, si: id });
  if (isSecure) query.set('spr', 'https');
  if (place === 'a' || place === 'b') query.set('sr', 'c');
  query.set('sig', Buffer.from(signature, 'base64url').toString('base64'));
  return query.toString();
}
