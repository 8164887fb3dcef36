/**
 * Where a parcel lies in a drop: `<role>/<expiry>/<random>`.
 *
 * The role prefix is what a buddy's policy allows it to write under. The expiry is the hour, rounded up, after which
 * the parcel may be removed, as `YYYY-MM-DDTHH`, in UTC: keys sort by it, so that whoever removes what has expired
 * reads a listing from the front and stops at the first key that has not.
 */
import { isRole, type Role } from './roles.ts';

const HOUR = 3_600_000;

export interface ParcelKey {
  readonly role: Role;
  /** Milliseconds since 1970, a whole hour. */
  readonly expiresAt: number;
  /** 22 characters of base64url: 16 random bytes. */
  readonly random: string;
}

/** Rounds an expiry up to the hour that the drop sees, so that it tells little of when something was sent. */
export function roundUpToHour(time: number): number {
  return Math.ceil(time / HOUR) * HOUR;
}

export function formatParcelKey(role: Role, expiresAt: number, random: Uint8Array): string {
  const hour = new Date(roundUpToHour(expiresAt)).toISOString().slice(0, 13);
  return `${role}/${hour}/${Buffer.from(random).toString('base64url')}`;
}

/** The parts of a key, or undefined where it is not one of ours. */
export function parseParcelKey(key: string): ParcelKey | undefined {
  const match = /^([ab])\/(\d{4}-\d\d-\d\dT\d\d)\/([A-Za-z0-9_-]{22})$/.exec(key);
  const [, role, hour, random] = match ?? [];
  if (!isRole(role) || hour === undefined || random === undefined) return undefined;
  const expiresAt = Date.parse(`${hour}:00:00Z`);
  // Date.parse takes the 30th of February for the 2nd of March, and 24:00 for the next day.
  if (Number.isNaN(expiresAt) || !new Date(expiresAt).toISOString().startsWith(hour)) return undefined;
  return { role, expiresAt, random };
}
