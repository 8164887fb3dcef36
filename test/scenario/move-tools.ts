/** Two people whose channel goes from one memory cloud to another, each at a moment of their own. */
import { MemoryCloud, type MemoryCloudOptions } from '../../client/drops/memory/cloud.ts';
import type { Faults } from '../../client/drops/memory/faults.ts';
import type { ChannelEvent } from '../../client/messenger/events.ts';
import type { Moved, MoveOptions } from '../../client/messenger/move.ts';
import type { Direction } from '../../client/protocol/roles.ts';
import { makePair, type Pair, type PairOptions } from '../messenger/pair.ts';
import { channel, Person } from '../messenger/person.ts';

const newPlace = { kind: 'memory', place: 'new' };

/** The old cloud, and with it the new one: time and faults are those of both, and what waits is what waits in the new one. */
class TwoClouds extends MemoryCloud {
  readonly next: MemoryCloud;

  constructor(options: MemoryCloudOptions, next: MemoryCloudOptions) {
    super(options);
    this.next = new MemoryCloud({ ...options, ...next });
  }

  override advance(milliseconds: number): void {
    super.advance(milliseconds);
    this.next.advance(milliseconds);
  }

  override setFaults(faults: Partial<Faults>): void {
    super.setFaults(faults);
    this.next.setFaults(faults);
  }

  override heal(): void {
    super.heal();
    this.next.heal();
  }

  override waiting(direction: Direction): string[] {
    return this.next.waiting(direction);
  }

  override held(direction: Direction): string[] {
    return this.next.held(direction);
  }
}

export interface MovingPair extends Pair {
  readonly cloud: TwoClouds;
}

/** @param next what is different in the new cloud. */
export async function makeMovingPair(options: PairOptions = {}, next: MemoryCloudOptions = {}): Promise<MovingPair> {
  const homes = await makePair(options);
  const cloud = new TwoClouds(options, next);
  const open = async (role: 'a' | 'b') => {
    const person = await Person.open(cloud, role, homes[role].directory);
    person.places.set(newPlace.place, cloud.next);
    return person;
  };
  const [a, b] = [await open('a'), await open('b')];
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

export function move(person: Person, options: MoveOptions = {}): Promise<Moved> {
  const onEvent = options.onEvent ?? ((event: ChannelEvent) => person.events.push(event));
  return person.messenger.moveChannel(channel, newPlace, { ...options, onEvent });
}

export function hasMoved(person: Person): boolean {
  return person.messenger.channel(channel).drop.place === newPlace.place;
}
