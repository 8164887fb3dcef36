/** Two people with a channel between them, each made by the commands that anybody would type. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bench } from './bench.ts';
import { type Command, run } from './processes.ts';

export class Person {
  readonly home: string;
  readonly #bench: Bench;
  readonly #env: NodeJS.ProcessEnv;

  constructor(bench: Bench, home: string, env: NodeJS.ProcessEnv) {
    this.#bench = bench;
    this.home = home;
    this.#env = { ...env, BTR_HOME: home, BTR_BENCH_PEAK: peakFile(home) };
  }

  /** @param flags for Node. */
  command(args: readonly string[], flags: readonly string[] = []): Command {
    return this.#bench.btr(args, this.#env, flags);
  }

  run(args: readonly string[]): ReturnType<typeof run> {
    return run(this.command(args));
  }
}

/** Where a person's last program noted its memory, if it was started with peak.ts. */
export function peakFile(home: string): string {
  return `${home}.peak`;
}

export interface Pair {
  readonly alice: Person;
  readonly bob: Person;
}

/** The drop's URI as each role sees it. */
type Drops = Readonly<Record<'a' | 'b', string>>;

/** With suite `fernet`: a PIN is all they share. */
export async function makePair(bench: Bench, folder: string, drops: Drops, env: NodeJS.ProcessEnv = {}): Promise<Pair> {
  const { alice, bob } = await makeStrangers(bench, folder, { ...env, BTR_PIN: 'benchmark' });
  await alice.run(['channel', 'add', 'bob', '--as', 'a', '--drop', drops.a, '--suite', 'fernet']);
  await bob.run(['channel', 'add', 'alice', '--as', 'b', '--drop', drops.b, '--suite', 'fernet']);
  return { alice, bob };
}

/** With suite `signal`: paired by an invite, confirmed on both sides, and nothing on its way. */
export async function makeSignalPair(
  bench: Bench,
  folder: string,
  drops: Drops,
  env: NodeJS.ProcessEnv = {},
): Promise<Pair> {
  const pair = await makeStrangers(bench, folder, env);
  await pairUp(pair, drops.a, folder);
  for (const person of [pair.alice, pair.bob, pair.alice, pair.bob]) await person.run(['listen', '--once']);
  return pair;
}

/** Two homes without a channel. */
export async function makeStrangers(bench: Bench, folder: string, env: NodeJS.ProcessEnv = {}): Promise<Pair> {
  const make = async (name: string) => {
    const person = new Person(bench, join(folder, name), env);
    await person.run(['init', '--name', name, '--no-passphrase']);
    return person;
  };
  return { alice: await make('alice'), bob: await make('bob') };
}

/** Seconds of `btr invite` and of `btr join`. @param drop as the inviter sees it. */
export async function pairUp(
  { alice, bob }: Pair,
  drop: string,
  folder: string,
): Promise<{ invite: number; join: number }> {
  const invited = await alice.run(['invite', 'bob', '--as', 'a', '--drop', drop, '--json']);
  const { invite, pin } = eventIn(invited.stdout, 'invite');
  if (typeof invite !== 'string' || typeof pin !== 'string') throw new Error('no invite was made');
  const [inviteFile, pinFile] = [join(folder, 'invite'), join(folder, 'pin')];
  await writeFile(inviteFile, invite);
  await writeFile(pinFile, pin);
  const joined = await bob.run(['join', inviteFile, '--name', 'alice', '--yes', '--pin-file', pinFile]);
  return { invite: invited.seconds, join: joined.seconds };
}

/** With suite `fernet`, over a folder. */
export function makeFolderPair(bench: Bench, folder: string): Promise<Pair> {
  const drop = `folder:${join(folder, 'drop')}`;
  return makePair(bench, folder, { a: drop, b: drop });
}

/** The last event of a kind that `--json` printed; empty where there is none. */
export function eventIn(stdout: string, kind: string): Readonly<Record<string, unknown>> {
  const events = stdout
    .trim()
    .split('\n')
    .map((line): Record<string, unknown> => JSON.parse(line));
  return events.findLast(({ event }) => event === kind) ?? {};
}
