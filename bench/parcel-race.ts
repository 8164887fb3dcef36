/** A large file through a server, in turn with whoever else can pass one there. */
import { mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Bench } from './bench.ts';
import type { Row } from './case.ts';
import { type Endpoint, type EndpointKind, startEndpoint } from './endpoints/endpoint.ts';
import { assertSame, makeFile } from './files.ts';
import { btrSteps, type FileSteps, parcelRows, rate } from './parcel.ts';
import { makePair } from './people.ts';
import { interleaved, type Measure } from './statistics.ts';

/** Someone who passes a file through a server, with a folder for what is needed on the way. */
export type Contestant = (endpoint: Endpoint, file: string, folder: string) => Promise<FileSteps>;

export interface ParcelRace {
  /** Of the rows. */
  readonly name: string;
  readonly kind: EndpointKind;
  /** In order: the first is the one that the aim is about, at least nine tenths of its rate. */
  readonly peers: ReadonlyMap<string, Contestant>;
}

export async function raceParcels(bench: Bench, race: ParcelRace): Promise<Row[]> {
  const folder = await bench.memoryFolder();
  const stands: Stand[] = [];
  try {
    const file = join(folder, 'file');
    await makeFile(file, bench.sizes.parcelBytes);
    const contestants: [string, Contestant][] = [['btr', ours(bench)], ...race.peers];
    stands.push(...contestants.map((one) => new Stand(one, race, file)));
    const put = await inTurn(bench, `${race.name} (put)`, stands, (stand) => stand.put());
    const get = await inTurn(bench, `${race.name} (get)`, stands, (stand) => stand.get());
    return parcelRows(race.name, put, get, 0.9);
  } finally {
    for (const stand of stands) await stand.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * All of the one step before any of the other: what is measured comes right after another of its kind then, and the
 * servers from which it is got have long been running.
 */
function inTurn(bench: Bench, name: string, stands: readonly Stand[], step: (stand: Stand) => Promise<number>) {
  const measures = stands.map((stand): [string, Measure] => [
    stand.name,
    async () => rate(bench.sizes.parcelBytes, await step(stand)),
  ]);
  const onRound = (round: number) => bench.say(`${name}, round ${round}`);
  return interleaved(new Map(measures), bench.sizes.parcelRuns, { onRound });
}

/** A contestant and its server: one for all, which already holds memory, would be faster for whoever comes later. */
class Stand {
  readonly name: string;
  readonly #contestant: Contestant;
  readonly #race: ParcelRace;
  readonly #file: string;
  readonly #folder: string;
  #endpoint: Endpoint | undefined;
  #steps: FileSteps | undefined;

  constructor([name, contestant]: [string, Contestant], race: ParcelRace, file: string) {
    this.name = name;
    this.#contestant = contestant;
    this.#race = race;
    this.#file = file;
    this.#folder = join(dirname(file), name);
  }

  /** To a new server each time, which stays until the next one. */
  async put(): Promise<number> {
    await this.close();
    await mkdir(this.#folder);
    this.#endpoint = await startEndpoint(this.#race.kind, [this.#folder]);
    this.#steps = await this.#contestant(this.#endpoint, this.#file, this.#folder);
    return this.#steps.put();
  }

  async get(): Promise<number> {
    if (this.#steps === undefined) throw new Error('nothing to get');
    const received = join(this.#folder, 'received');
    const seconds = await this.#steps.get(received);
    await assertSame(this.#file, received);
    await rm(received);
    return seconds;
  }

  async close(): Promise<void> {
    await this.#endpoint?.close();
    this.#endpoint = undefined;
    await rm(this.#folder, { recursive: true, force: true });
  }
}

function ours(bench: Bench): Contestant {
  return async (endpoint, file, folder) =>
    btrSteps(bench, await makePair(bench, folder, endpoint.drops, endpoint.env), file);
}
