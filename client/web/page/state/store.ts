/** The page's state and who wants to hear of it. */
import { reduce } from './reduce.ts';
import { type Action, initialState, type PageState } from './state.ts';

export class Store {
  #state: PageState = initialState;
  readonly #listeners = new Set<() => void>();

  get state(): PageState {
    return this.#state;
  }

  readonly dispatch = (action: Action): void => {
    const next = reduce(this.#state, action);
    if (next === this.#state) return;
    this.#state = next;
    for (const listener of [...this.#listeners]) listener();
  };

  /** Answers what ends it. */
  readonly follow = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
}
