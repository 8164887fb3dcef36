/** Two people whose channel goes over several memory clouds, which fail and come back one by one. */
import { MemoryCloud, type MemoryCloudOptions } from '../../client/drops/memory/cloud.ts';
import { type DropAddress, dropTag } from '../../client/drops/registry.ts';
import type { Direction } from '../../client/protocol/roles.ts';
import { makePair, makeUnpaired, type Pair, type PairOptions } from '../messenger/pair.ts';
import { channel, Person } from '../messenger/person.ts';

/** The first place and, by name, the others: time passes in all of them at once. */
class Clouds extends MemoryCloud {
  readonly #options: MemoryCloudOptions;
  readonly #others = new Map<string, MemoryCloud>();

  constructor(options: MemoryCloudOptions) {
    super(options);
    this.#options = options;
  }

  /** The cloud of a place; without a name, the first. */
  at(place?: string): MemoryCloud {
    if (place === undefined) return this;
    const cloud = this.#others.get(place) ?? new MemoryCloud({ ...this.#options, now: this.now });
    this.#others.set(place, cloud);
    return cloud;
  }

  get all(): MemoryCloud[] {
    return [this, ...this.#others.values()];
  }

  override advance(milliseconds: number): void {
    super.advance(milliseconds);
    for (const cloud of this.#others.values()) cloud.advance(milliseconds);
  }

  override heal(): void {
    super.heal();
    for (const cloud of this.#others.values()) cloud.heal();
  }

  waitingAt(place: string | undefined, direction: Direction): string[] {
    return place === undefined ? super.waiting(direction) : this.at(place).waiting(direction);
  }

  /** In any of them. */
  override waiting(direction: Direction): string[] {
    return [...super.waiting(direction), ...[...this.#others.values()].flatMap((cloud) => cloud.waiting(direction))];
  }

  override held(direction: Direction): string[] {
    return [...super.held(direction), ...[...this.#others.values()].flatMap((cloud) => cloud.held(direction))];
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

function know(person: Person, cloud: Clouds, places: readonly string[]): void {
  for (const place of places) person.places.set(place, cloud.at(place));
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
