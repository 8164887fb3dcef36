/** Two people with a channel between them, each made by the commands that anybody would type. */
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

/** @param drops the drop's URI as each role sees it. */
export async function makePair(
  bench: Bench,
  folder: string,
  drops: Readonly<Record<'a' | 'b', string>>,
  env: NodeJS.ProcessEnv = {},
): Promise<Pair> {
  const make = async (name: string, buddy: string, role: 'a' | 'b') => {
    const person = new Person(bench, join(folder, name), { ...env, BTR_PIN: 'benchmark' });
    await person.run(['init', '--name', name, '--no-passphrase']);
    await person.run(['channel', 'add', buddy, '--as', role, '--drop', drops[role], '--suite', 'fernet']);
    return person;
  };
  return { alice: await make('alice', 'bob', 'a'), bob: await make('bob', 'alice', 'b') };
}

/** The same, over a folder. */
export function makeFolderPair(bench: Bench, folder: string): Promise<Pair> {
  const drop = `folder:${join(folder, 'drop')}`;
  return makePair(bench, folder, { a: drop, b: drop });
}
