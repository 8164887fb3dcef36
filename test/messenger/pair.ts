/**
 * Two people over a memory cloud, with real stores on disk and a virtual clock. Homes are made once for each kind of
 * pair and copied for each test, since making one takes longer than most tests.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createMemoryCloud, type MemoryCloud, type MemoryCloudOptions } from '../../client/drops/memory/cloud.ts';
import { type DropAddress, registerDrop } from '../../client/drops/registry.ts';
import { Messenger } from '../../client/messenger/messenger.ts';
import type { Role } from '../../client/protocol/roles.ts';
import { channel, Person, takeForOriginal } from './person.ts';

/** A memory drop is told from others by the name of its place; without one it is the pair's own. */
registerDrop('memory', async () => ({
  bodyBytes: 64 * 1024,
  parseUri: () => ({ kind: 'memory' }),
  open: async () => {
    throw new Error('a memory drop is opened by the test');
  },
  settle: async (address) => address,
  id: async ({ place }) => (typeof place === 'string' ? `memory ${place}` : 'memory'),
  describe: ({ place }) => (typeof place === 'string' ? `memory ${place}` : 'memory'),
  parse: parseMemory,
  share: async (address) => address,
  // As of a folder: where its name says so, its user is asked.
  consent: ({ place }) => (String(place).startsWith('local') ? ['It leads to this machine.'] : []),
}));

function parseMemory(value: unknown): DropAddress {
  if (typeof value !== 'object' || value === null) throw new TypeError('an address that is none');
  const { place } = 'place' in value ? value : { place: undefined };
  return { kind: 'memory', ...(typeof place === 'string' ? { place } : {}) };
}

export interface PairOptions extends MemoryCloudOptions {
  readonly suite?: 'plain' | 'fernet' | 'btrchat' | 'signal';
  /** PINs of a and b. */
  readonly pins?: readonly [string, string];
}

export interface Pair extends AsyncDisposable {
  readonly cloud: MemoryCloud;
  readonly a: Person;
  readonly b: Person;
}

const base = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'btr-pair-'));
process.once('exit', () => rmSync(base, { recursive: true, force: true }));
const templates = new Map<string, Promise<string>>();
let count = 0;

/** A folder that is not there yet and goes when this process ends. */
export function freshFolder(): string {
  count += 1;
  return join(base, `${count}`);
}

export async function makePair(options: PairOptions = {}): Promise<Pair> {
  const { suite = 'fernet', pins = ['1234', '1234'] } = options;
  const cloud = createMemoryCloud(options);
  const [a, b] = await Promise.all([makePerson(cloud, 'a', suite, pins[0]), makePerson(cloud, 'b', suite, pins[1])]);
  return {
    cloud,
    a,
    b,
    async [Symbol.asyncDispose]() {
      await Promise.all([a.close(), b.close()]);
    },
  };
}

async function makePerson(cloud: MemoryCloud, role: Role, suite: string, pin: string): Promise<Person> {
  const directory = freshFolder();
  copyHome(await template(role, suite, pin), directory);
  await takeForOriginal(directory);
  return Person.open(cloud, role, directory);
}

/** A home with one channel, `x`, that is not open anywhere. */
function template(role: Role, suite: string, pin: string): Promise<string> {
  const key = `${role} ${suite} ${pin}`;
  const made = templates.get(key) ?? makeTemplate(role, suite, pin);
  templates.set(key, made);
  return made;
}

async function makeTemplate(role: Role, suite: string, pin: string): Promise<string> {
  if (suite === 'signal') return (await signalTemplates())[role];
  const home = freshFolder();
  const messenger = await Messenger.create({ home, name: role });
  await messenger.addChannel({ name: 'x', role, suite, pin, drop: { kind: 'memory' } });
  await messenger.close();
  return home;
}

/** Two homes that have paired by an invite and confirmed it. */
const signalTemplates = once(async (): Promise<Record<Role, string>> => {
  const cloud = createMemoryCloud();
  const [a, b] = await Promise.all([makeUnpaired(cloud, 'a'), makeUnpaired(cloud, 'b')]);
  await pairUp(a, b);
  await Promise.all([a.messenger.close(), b.messenger.close()]);
  return { a: a.directory, b: b.directory };
});

function once<T>(work: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= work();
    return made;
  };
}

/** A person without a channel (b), or with one that nobody has joined (a). */
export async function makeUnpaired(cloud: MemoryCloud, role: Role): Promise<Person> {
  const directory = freshFolder();
  const messenger = await Messenger.create({ home: directory, name: role, now: () => cloud.now });
  if (role === 'a') await messenger.addChannel({ name: channel, role, suite: 'signal', drop: { kind: 'memory' } });
  await messenger.close();
  return Person.open(cloud, role, directory);
}

/** a invites, b joins, and both listen until it is confirmed. */
export async function pairUp(a: Person, b: Person, replace = false): Promise<void> {
  const { invite, pin } = await (await a.messenger.pairings()).invite(channel, { replace });
  const pairings = await b.messenger.pairings();
  await pairings.join(await pairings.read(invite), pin, { name: channel, replace });
  for (const person of [b, a, b, a]) await person.listen();
}

/** Copies a home as it lies on the disk at this moment, as a kill would leave it. */
export function copyHome(from: string, to: string): void {
  cpSync(from, to, { recursive: true, filter: (path) => !path.endsWith('-shm') });
}

/** An id that no process has any more. */
const deadProcess = spawnSync(process.execPath, ['-e', '0']).pid;

/** Leases and claims of a killed process name one that is gone; here, they would name this one. */
export function forgetHolder(directory: string): void {
  const db = new DatabaseSync(join(directory, 'btr.sqlite'));
  db.prepare('UPDATE leases SET holder = ?').run(deadProcess);
  db.prepare('UPDATE messages SET claimed_by = ? WHERE claimed_by IS NOT NULL').run(deadProcess);
  db.close();
}
