/** Two people whose channel goes over several memory clouds, which fail and come back one by one. */
import { MemoryCloud, type MemoryCloudOptions } from '../../client/drops/memory/cloud.ts';
import type { Faults } from '../../client/drops/memory/faults.ts';
import { type DropAddress, dropTag } from '../../client/drops/registry.ts';
import type { Direction } from '../../client/protocol/roles.ts';
import { makePair, makeUnpaired, type Pair, type PairOptions } from '../messenger/pair.ts';
import { channel, Person } from '../messenger/person.ts';

/** The clouds by the names of their places, of which the channel's first drop has none. Time passes in all at once. */
class Clouds extends MemoryCloud {
  readonly #options: MemoryCloudOptions;
  readonly #places = new Map<string | undefined, MemoryCloud>();

  constructor(options: MemoryCloudOptions) {
    super(options);
    this.#options = options;
  }

  at(place?: string): MemoryCloud {
    const cloud = this.#places.get(place) ?? new MemoryCloud({ ...this.#options, now: this.now });
    this.#places.set(place, cloud);
    return cloud;
  }

  get all(): MemoryCloud[] {
    return [...this.#places.values()];
  }

  override advance(milliseconds: number): void {
    super.advance(milliseconds);
    for (const cloud of this.all) cloud.advance(milliseconds);
  }

  override setFaults(faults: Partial<Faults>): void {
    for (const cloud of this.all) cloud.setFaults(faults);
  }

  override heal(): void {
    for (const cloud of this.all) cloud.heal();
  }

  override waiting(direction: Direction): string[] {
    return this.all.flatMap((cloud) => cloud.waiting(direction));
  }

  override held(direction: Direction): string[] {
    return this.all.flatMap((cloud) => cloud.held(direction));
  }
}

export interface SeveralPair extends Pair {
  readonly cloud: Clouds;
}

export function placeAt(place: string | undefined): DropAddress {
  return place === undefined ? { kind: 'memory' } : { kind: 'memory', place };
}

/** The drop's id on both sides. */
export function idAt(place: string | undefined): Promise<string> {
  return dropTag(placeAt(place));
}

/** @param places names of clouds that may become drops. */
export async function makeSeveralPair(options: PairOptions = {}, places: readonly string[] = []): Promise<SeveralPair> {
  const homes = await makePair(options);
  const cloud = new Clouds(options);
  const open = (role: 'a' | 'b') => Person.open(cloud, role, homes[role].directory);
  const [a, b] = [await open('a'), await open('b')];
  for (const person of [a, b]) know(person, cloud, places);
  return {
    cloud,
    a,
    b,
    async [Symbol.asyncDispose]() {
      await Promise.all([a.close(), b.close()]);
      await homes[Symbol.asyncDispose]();
    },
  };
}

/** Two people who have not paired: a has a channel. */
export async function makeSeveralStrangers(places: readonly string[]): Promise<SeveralPair> {
  const cloud = new Clouds({});
  const [a, b] = [await makeUnpaired(cloud, 'a'), await makeUnpaired(cloud, 'b')];
  for (const person of [a, b]) know(person, cloud, places);
  return {
    cloud,
    a,
    b,
    async [Symbol.asyncDispose]() {
      await Promise.all([a.close(), b.close()]);
    },
  };
}

/** The person reaches these places, and the first. */
export function know(person: Person, cloud: Clouds, places: readonly string[]): void {
  for (const place of [undefined, ...places]) person.places.set(place, cloud.at(place));
}

/** Adds drops on one side, and lets both hear of them. */
export async function addDrops({ a, b }: Pair, ...places: readonly string[]): Promise<void> {
  for (const place of places) await a.messenger.addDrop(channel, placeAt(place));
  await a.deliver();
  await talk({ a, b });
}

/** Each takes what is there and answers. No time passes, so no timer mends anything. */
export async function talk({ a, b }: Pick<Pair, 'a' | 'b'>): Promise<void> {
  for (const person of [b, a, b, a]) await person.listen();
}

/** The ids of the drops in use, and of those offered. */
export async function dropsOf({ messenger }: Person, state: 'used' | 'offered' = 'used'): Promise<string[]> {
  return (await messenger.drops(channel)).filter((drop) => drop.state === state).map(({ id }) => id);
}

/** Nothing that is asked of this cloud is done. */
export function fail(...clouds: readonly MemoryCloud[]): void {
  for (const cloud of clouds) cloud.setFaults({ failure: 1 });
}
