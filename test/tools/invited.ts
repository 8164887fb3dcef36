/** Pairing by real processes: an invite as its maker's terminal shows it, and joining by it. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { type Ended, eventsOf, type JsonEvent } from './btr.ts';
import type { Person, Stage } from './stage.ts';

export interface Invited {
  /** Where the invite's text lies. */
  readonly file: string;
  readonly invite: string;
  /** As it is shown. */
  readonly pin: string;
}

let files = 0;

/** `btr invite`, whose stdout must be the invite alone. */
export async function invites(person: Person, buddy: string, ...args: string[]): Promise<Invited> {
  const { code, stdout, stderr } = await person.run(['invite', buddy, ...args]);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^btr1-[A-Za-z0-9_-]+\n$/);
  const [, pin] = /^PIN: (\d{3} \d{3}|[a-z]+-[a-z]+)$/m.exec(stderr) ?? [];
  assert.ok(pin, stderr);
  const file = person.stage.path(`invite-${files++}`);
  await writeFile(file, stdout);
  return { file, invite: stdout.trim(), pin };
}

/** `btr join` from a file, with the PIN in the environment as a script would give it. */
export function joins(person: Person, { file }: Pick<Invited, 'file'>, pin: string, ...args: string[]): Promise<Ended> {
  return person.run(['join', file, '--yes', ...args], { env: { BTR_PIN: pin } });
}

/** Another PIN of the same form. */
export function otherPin(pin: string): string {
  return `${pin.slice(0, -1)}${(Number(pin.at(-1)) + 1) % 10}`;
}

/** A home with no channel. */
export async function newcomer(stage: Stage, name: string, env: NodeJS.ProcessEnv = {}): Promise<Person> {
  const person = stage.person(`new-${name}-${files++}`, env);
  assert.equal((await person.run(['init', '--name', name, '--no-passphrase'])).code, 0);
  return person;
}

/** Runs to the end, holding exit code and stderr against what is expected. */
export async function expectEnd(ended: Promise<Ended>, code: number, stderr: RegExp, stdout?: RegExp): Promise<Ended> {
  const outcome = await ended;
  assert.equal(outcome.code, code, `${outcome.stdout}${outcome.stderr}`);
  assert.match(outcome.stderr, stderr);
  if (stdout) assert.match(outcome.stdout, stdout);
  assert.doesNotMatch(outcome.stderr, /\n\s+at /, 'a stack trace');
  return outcome;
}

/** What `btr channel show --json` tells of the pairing. */
export async function pairingOf(person: Person): Promise<unknown> {
  const { code, stdout, stderr } = await person.run(['channel', 'show', '--json']);
  assert.equal(code, 0, stderr);
  return eventsOf(stdout)[0]?.pairing;
}

export async function verificationOf(person: Person): Promise<JsonEvent> {
  const { code, stdout, stderr } = await person.run(['verify', '--json']);
  assert.equal(code, 0, stderr);
  const [event] = eventsOf(stdout);
  assert.ok(event);
  return event;
}

/** Both listen until what was said has gone both ways. */
export async function settle(one: Person, other: Person): Promise<void> {
  for (const person of [one, other, one, other]) await person.listens();
}
