/**
 * A moment that two clocks watch. The wall clock goes on while a machine sleeps but can be set back; the monotonic one
 * can't be set but may stand still in sleep. The deadline is over when either of them says so.
 */
interface Clocks {
  /** Milliseconds since 1970. */
  readonly wall: () => number;
  /** Milliseconds since any moment, never going back. */
  readonly monotonic: () => number;
}

const machineClocks: Clocks = { wall: () => Date.now(), monotonic: () => performance.now() };

export class Deadline {
  readonly #clocks: Clocks;
  readonly #wall: number;
  readonly #monotonic: number;

  constructor(milliseconds: number, clocks: Clocks = machineClocks) {
    this.#clocks = clocks;
    this.#wall = clocks.wall() + milliseconds;
    this.#monotonic = clocks.monotonic() + milliseconds;
  }

  /** When it is over by the wall clock, in milliseconds since 1970. */
  get at(): number {
    return this.#wall;
  }

  /** Milliseconds until the first of the clocks says that it is over; 0 or less from then on. */
  get left(): number {
    return Math.min(this.#wall - this.#clocks.wall(), this.#monotonic - this.#clocks.monotonic());
  }

  get isOver(): boolean {
    return this.left <= 0;
  }
}
