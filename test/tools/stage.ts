/** A temporary folder with people in it, each with a home of their own, and the processes that a test starts there. */
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type CloudChannel, type EmbeddedCloud, startCloud } from '../../client/cloud/index.ts';
import { type DropAddress, Messenger, type Role, settleDrop } from '../../client/messenger/index.ts';
import { type Ended, Live, type RunOptions } from './btr.ts';
import { repository } from './built.ts';

export const pin = 'a-pin-for-tests';

type PersonRun = Partial<RunOptions>;

/** One home. Commands run as its owner would run them. */
export class Person {
  readonly stage: Stage;
  readonly home: string;
  readonly env: NodeJS.ProcessEnv;

  constructor(stage: Stage, name: string, env: NodeJS.ProcessEnv = {}) {
    this.stage = stage;
    this.home = stage.path(`home-${name}`);
    this.env = { ...stage.env, ...env, BTR_HOME: this.home };
  }

  run(args: readonly string[], options: PersonRun = {}): Promise<Ended> {
    return this.start(args, options).ended;
  }

  start(args: readonly string[], { env, ...rest }: PersonRun = {}): Live {
    return this.stage.start(args, { ...rest, env: { ...this.env, ...env } });
  }

  /** The texts that `btr listen --once` shows. */
  async listens(): Promise<readonly string[]> {
    const { code, lines, stderr } = await this.run(['listen', '--once']);
    if (code !== 0) throw new Error(`btr listen --once ended with ${code}: ${stderr}`);
    return lines;
  }

  /** The home's messenger, in this process. */
  async within<T>(work: (messenger: Messenger) => Promise<T> | T): Promise<T> {
    const messenger = await Messenger.open({ home: this.home });
    try {
      return await work(messenger);
    } finally {
      await messenger.close();
    }
  }
}

export interface Pair {
  /** Role a; calls the other `bob`. */
  readonly alice: Person;
  /** Role b; calls the other `alice`. */
  readonly bob: Person;
}

export class Stage {
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  #cloud: Promise<EmbeddedCloud> | undefined;
  readonly #live: Live[] = [];
  #pairs = 0;

  private constructor(folder: string) {
    this.folder = folder;
    this.env = {
      PATH: `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`,
      HOME: folder,
      TERM: 'dumb',
      LC_ALL: 'C.UTF-8',
      NODE_COMPILE_CACHE: join(repository, 'node_modules', '.cache', 'btr-test-code'),
      // No test may ask the machine's own metadata service for credentials.
      AWS_EC2_METADATA_DISABLED: 'true',
    };
  }

  static async make(): Promise<Stage> {
    return new Stage(await realpath(await mkdtemp(join(tmpdir(), 'btr-cli-'))));
  }

  path(...names: string[]): string {
    return join(this.folder, ...names);
  }

  person(name: string, env: NodeJS.ProcessEnv = {}): Person {
    return new Person(this, name, env);
  }

  run(args: readonly string[], options: PersonRun = {}): Promise<Ended> {
    return this.start(args, options).ended;
  }

  start(args: readonly string[], { env, cwd, ...rest }: PersonRun = {}): Live {
    const live = new Live(args, { ...rest, env: env ?? this.env, cwd: cwd ?? this.folder });
    this.#live.push(live);
    return live;
  }

  /** Two homes with a channel over a folder. */
  async folderPair(suite = 'fernet'): Promise<Pair> {
    const number = ++this.#pairs;
    const drop = { kind: 'folder', path: this.path(`drop-${number}`) };
    return this.#pair(number, drop, { a: {}, b: {} }, suite);
  }

  /** Two homes with a channel in the stage's embedded cloud. @param env in place of the cloud's own variables. */
  async cloudPair(suite = 'fernet', env?: NodeJS.ProcessEnv): Promise<Pair & { readonly channel: CloudChannel }> {
    const cloud = await this.cloud();
    const number = ++this.#pairs;
    const channel = cloud.makeChannel({ a: `alice${number}`, b: `bob${number}` });
    // Without the endpoint: it is where the variables say.
    const { endpoint: _, ...address } = channel.address;
    const both = { ...cloud.env, ...env };
    return { ...(await this.#pair(number, address, { a: both, b: both }, suite)), channel };
  }

  /** Two homes with a channel over this drop, each with variables of its own. */
  async pairAt(drop: DropAddress, env: Readonly<Record<Role, NodeJS.ProcessEnv>>, suite = 'fernet'): Promise<Pair> {
    return this.#pair(++this.#pairs, drop, env, suite);
  }

  cloud(): Promise<EmbeddedCloud> {
    this.#cloud ??= startCloud();
    return this.#cloud;
  }

  async #pair(
    number: number,
    address: DropAddress,
    env: Readonly<Record<Role, NodeJS.ProcessEnv>>,
    suite: string,
  ): Promise<Pair> {
    const make = async (name: string, buddy: string, role: Role) => {
      const person = this.person(`${name}-${number}`, env[role]);
      const messenger = await Messenger.create({ home: person.home, name });
      const drop = address.kind === 'folder' ? await settleDrop(address, role) : address;
      await messenger.addChannel({ name: buddy, role, drop, suite, ...(suite === 'plain' ? {} : { pin }) });
      await messenger.close();
      return person;
    };
    return { alice: await make('alice', 'bob', 'a'), bob: await make('bob', 'alice', 'b') };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const live of this.#live) await live[Symbol.asyncDispose]();
    await (await this.#cloud)?.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}
