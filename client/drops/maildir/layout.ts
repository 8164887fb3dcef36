/**
 * What lies where in a folder drop, and how it is named. Pure: no file system in here, so that any other place with
 * directories and an atomic rename can use the same layout.
 *
 *     btr-drop                            the marker: layout version and the drop's random id
 *     <direction>/tmp/<letter>            being written; nobody reads here
 *     <direction>/new/<letter>            left, waits for the other side
 *     <direction>/cur/<letter>.<holder>   taken by a collector, not yet settled
 *     <direction>/leases/<holder>         its time of change says that the collector is alive
 *     parcels/<key>                       a whole parcel
 *     parcels/<key>.<ticket>.part         an upload that is not complete
 *
 * Every name is lower-case ASCII without a colon, below 200 bytes, so that it means the same on every file system
 * and passes every synchronising tool. (Only a parcel's 16 random bytes use both cases; two that differ in case alone
 * do not happen.) Whatever doesn't match exactly is not ours and is left alone: editor backups, `.DS_Store`, the
 * temporary files and conflict copies of synchronising tools.
 */
import { createHash } from 'node:crypto';
import { type ParcelKey, parseParcelKey } from '../../protocol/parcel-key.ts';
import type { Direction, Role } from '../../protocol/roles.ts';

export const LAYOUT_VERSION = 1;
export const MARKER = 'btr-drop';

/** The folders of one direction, each relative to the drop. */
export function directionFolders(direction: Direction) {
  return {
    tmp: `${direction}/tmp`,
    new: `${direction}/new`,
    cur: `${direction}/cur`,
    leases: `${direction}/leases`,
  };
}

export function parcelsFolder(role: Role): string {
  return `parcels/${role}`;
}

export interface Marker {
  readonly layout: number;
  /** 32 characters of lower-case hexadecimal. */
  readonly id: string;
}

export function formatMarker(marker: Marker): string {
  return `This folder is a drop of btr, a messenger. Please leave its files alone.\nlayout ${marker.layout}\nid ${marker.id}\n`;
}

/** Undefined where the text is not a whole marker. */
export function parseMarker(text: string): Marker | undefined {
  const [, layout, id] = /^[^\n]*\r?\nlayout (\d{1,6})\r?\nid ([0-9a-f]{32})\r?\n$/.exec(text) ?? [];
  return layout === undefined || id === undefined ? undefined : { layout: Number(layout), id };
}

export interface LetterName {
  /** Milliseconds since 1970 by the sender's clock, never going back within a session. */
  readonly time: number;
  /** Tells letters of the same millisecond apart, from 0. */
  readonly counter: number;
  /** 12 hexadecimal characters, random for each sending process. */
  readonly session: string;
  /** 16 hexadecimal characters: the start of the body's SHA-256. Tells a whole file from one that is still arriving. */
  readonly digest: string;
}

const MAX_COUNTER = 999_999;

/** Letters sort in the order in which one session left them. */
export function formatLetterName(name: LetterName): string {
  const time = String(name.time).padStart(14, '0');
  const counter = String(name.counter).padStart(6, '0');
  return `${time}-${counter}-${name.session}-${name.digest}.letter`;
}

export function parseLetterName(text: string): LetterName | undefined {
  const match = /^(\d{14})-(\d{6})-([0-9a-f]{12})-([0-9a-f]{16})\.letter$/.exec(text);
  const [, time, counter, session, digest] = match ?? [];
  if (time === undefined || counter === undefined || session === undefined || digest === undefined) return undefined;
  return { time: Number(time), counter: Number(counter), session, digest };
}

export function bodyDigest(body: Uint8Array): string {
  return createHash('sha256').update(body).digest('hex').slice(0, 16);
}

/** Gives each letter of a session a name above all earlier ones, even while the clock stands still or steps back. */
export class LetterNamer {
  readonly #session: string;
  #time: number;
  #counter = MAX_COUNTER;

  /** `floor` is the highest time among the letters that are there already, or 0. */
  constructor(session: string, floor: number) {
    this.#session = session;
    this.#time = floor;
  }

  next(now: number, body: Uint8Array): string {
    if (now > this.#time || this.#counter >= MAX_COUNTER) {
      this.#time = Math.max(now, this.#time + 1);
      this.#counter = 0;
    } else {
      this.#counter += 1;
    }
    return formatLetterName({
      time: this.#time,
      counter: this.#counter,
      session: this.#session,
      digest: bodyDigest(body),
    });
  }
}

/** Who holds letters: one running `collect`. */
export interface Holder {
  /** 12 random hexadecimal characters. */
  readonly random: string;
  /** 12 hexadecimal characters that stand for the machine and its table of processes. */
  readonly host: string;
  readonly pid: number;
}

export function formatHolder(holder: Holder): string {
  return `${holder.random}-${holder.host}-${holder.pid}`;
}

export function parseHolder(text: string): Holder | undefined {
  const [, random, host, pid] = /^([0-9a-f]{12})-([0-9a-f]{12})-(\d{1,10})$/.exec(text) ?? [];
  if (random === undefined || host === undefined || pid === undefined) return undefined;
  return { random, host, pid: Number(pid) };
}

export function formatClaim(letter: string, holder: string): string {
  return `${letter}.${holder}`;
}

export interface Claim {
  readonly letter: string;
  readonly holder: string;
}

export function parseClaim(text: string): Claim | undefined {
  const end = text.lastIndexOf('.');
  const letter = text.slice(0, Math.max(end, 0));
  const holder = text.slice(end + 1);
  return parseLetterName(letter) && parseHolder(holder) ? { letter, holder } : undefined;
}

/**
 * The letters of `second` that can be shown in order, sorted. Reading a large directory while others add to it may
 * show a letter and miss an earlier one. Whatever stood before a letter of the first listing was there before the
 * second listing began, so up to each session's last letter of the first, the second misses nothing.
 */
export function settledLetters(first: readonly string[], second: readonly string[]): string[] {
  const last = new Map<string, string>();
  for (const name of first) {
    const session = parseLetterName(name)?.session;
    if (session !== undefined && name > (last.get(session) ?? '')) last.set(session, name);
  }
  const settled = second.filter((name) => {
    const session = parseLetterName(name)?.session;
    return session !== undefined && name <= (last.get(session) ?? '');
  });
  return settled.sort();
}

/** The hour folder of a parcel under its role's folder: `YYYY-MM-DDTHH`. */
export function parseHourFolder(name: string): number | undefined {
  return parseParcelKey(`a/${name}/${'A'.repeat(22)}`)?.expiresAt;
}

export function partFile(key: string, ticket: string): string {
  return `${key}.${ticket}.part`;
}

export function isTicket(text: string): boolean {
  return /^[0-9a-f]{24}$/.test(text);
}

/** Whether a file in an hour folder is a parcel of ours, the part file of one, or neither. */
export function parcelFileKind(role: Role, hour: string, name: string): 'parcel' | 'part' | undefined {
  const [random = '', ticket, ending, ...more] = name.split('.');
  const key: ParcelKey | undefined = parseParcelKey(`${role}/${hour}/${random}`);
  if (key === undefined || more.length > 0) return undefined;
  if (ticket === undefined) return 'parcel';
  return isTicket(ticket) && ending === 'part' ? 'part' : undefined;
}
