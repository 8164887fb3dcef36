/** The parameters of a request: by name, each of its type, and none that nobody knows. */
import { isAbsolute } from 'node:path';
import { UsageError } from '../errors.ts';

export class Params {
  readonly #values: Map<string, unknown>;

  /** @throws UsageError with code `bad-params`. */
  constructor(values: unknown) {
    if (values !== undefined && (typeof values !== 'object' || values === null || Array.isArray(values))) {
      throw bad('Parameters are given by name, as an object.');
    }
    this.#values = new Map(Object.entries(values ?? {}));
  }

  text(name: string): string {
    return this.#needed(name, this.optionalText(name));
  }

  optionalText(name: string): string | undefined {
    const value = this.#take(name);
    if (value === undefined || typeof value === 'string') return value;
    throw bad(`${name} is not a text.`);
  }

  /** One of these words. */
  word<T extends string>(name: string, words: readonly T[], otherwise: T): T {
    const given = this.optionalText(name) ?? otherwise;
    const word = words.find((one) => one === given);
    if (word === undefined) throw bad(`${name} is none of: ${words.join(', ')}.`);
    return word;
  }

  texts(name: string): string[] {
    return this.#needed(name, this.optionalTexts(name));
  }

  optionalTexts(name: string): string[] | undefined {
    const value = this.#take(name);
    if (value === undefined) return undefined;
    if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return value;
    throw bad(`${name} is not a list of texts.`);
  }

  /** Not below 0. */
  integer(name: string): number {
    return this.#needed(name, this.optionalInteger(name));
  }

  optionalInteger(name: string): number | undefined {
    const value = this.#take(name);
    if (value === undefined || (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0)) return value;
    throw bad(`${name} is not a whole number from 0 on.`);
  }

  /** Seconds; answers milliseconds. */
  optionalSeconds(name: string): number | undefined {
    const value = this.#take(name);
    if (value === undefined) return undefined;
    if (typeof value === 'number' && value >= 0 && value <= 1e6) return value * 1000;
    throw bad(`${name} is not a number of seconds.`);
  }

  flag(name: string): boolean {
    const value = this.#take(name) ?? false;
    if (typeof value === 'boolean') return value;
    throw bad(`${name} is neither true nor false.`);
  }

  /** The daemon's own folder means nothing to others, so a path begins at the root. */
  path(name: string): string {
    const path = this.text(name);
    if (isAbsolute(path)) return path;
    throw bad(`${name} is not an absolute path.`);
  }

  /** @throws UsageError where something was given that nobody asked for. */
  end(): void {
    const [unknown] = this.#values.keys();
    if (unknown !== undefined) throw bad(`There is no parameter ${unknown}.`);
  }

  #take(name: string): unknown {
    const value = this.#values.get(name);
    this.#values.delete(name);
    return value ?? undefined;
  }

  #needed<T>(name: string, value: T | undefined): T {
    if (value === undefined) throw bad(`${name} is missing.`);
    return value;
  }
}

function bad(text: string): UsageError {
  return new UsageError(text, { code: 'bad-params', hint: 'docs/rpc.md has the parameters of every method.' });
}
