/** A large file through a server, in turn with whoever else can pass one there. */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bench } from './bench.ts';
import type { Row } from './case.ts';
import { type Endpoint, type EndpointKind, startEndpoint } from './endpoints/endpoint.ts';
import { assertSame, makeFile } from './files.ts';
import { parcelRows, passFile, rate } from './parcel.ts';
import { makePair } from './people.ts';
import { type Measured, median } from './statistics.ts';

/** Seconds. */
export interface Times {
  readonly put: number;
  readonly get: number;
}

/** Puts a file, and gets it into a folder. */
export type Contestant = (endpoint: Endpoint, file: string, folder: string) => Promise<Times>;

export interface ParcelRace {
  /** Of the rows. */
  readonly name: string;
  readonly kind: EndpointKind;
  /** In order: the first is the one that the aim is about, at least nine tenths of its rate. */
  readonly peers: ReadonlyMap<string, Contestant>;
}

export async function raceParcels(bench: Bench, race: ParcelRace): Promise<Row[]> {
  const folder = await bench.memoryFolder();
  try {
    const file = join(folder, 'file');
    const { parcelBytes } = bench.sizes;
    await makeFile(file, parcelBytes);
    const times = await allTimes(bench, race, file, folder);
    const of = (step: keyof Times): Measured =>
      new Map([...times].map(([name, list]) => [name, rate(parcelBytes, median(list.map((one) => one[step])))]));
    return parcelRows(race.name, of('put'), of('get'), 0.9);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Each with a server of its own: one that already holds memory would be faster for whoever comes later. */
async function allTimes(
  bench: Bench,
  { name, kind, peers }: ParcelRace,
  file: string,
  folder: string,
): Promise<Map<string, Times[]>> {
  const contestants = new Map<string, Contestant>([['btr', (...place) => ours(bench, name, ...place)], ...peers]);
  const times = new Map<string, Times[]>([...contestants.keys()].map((one) => [one, []]));
  for (let round = 0; round <= bench.sizes.parcelRuns; round++) {
    bench.say(`${name}, round ${round}`);
    for (const [one, contestant] of contestants) {
      const place = join(folder, 'place');
      await mkdir(place);
      const endpoint = await startEndpoint(kind, [place]);
      try {
        const measured = await contestant(endpoint, file, place);
        if (round > 0) times.get(one)?.push(measured);
      } finally {
        await endpoint.close();
        await rm(place, { recursive: true, force: true });
      }
    }
  }
  return times;
}

async function ours(bench: Bench, name: string, endpoint: Endpoint, file: string, folder: string): Promise<Times> {
  const passed = await passFile(bench, await makePair(bench, folder, endpoint.drops, endpoint.env), file, folder);
  await bench.once(`${name} compared`, () => assertSame(file, passed.path));
  return passed;
}
