/** Fields of a JSON object that the page sent, each read as what it has to be. */
import { badRequest } from './errors.ts';

export class Fields {
  readonly #values: ReadonlyMap<string, unknown>;

  private constructor(values: ReadonlyMap<string, unknown>) {
    this.#values = values;
  }

  /** @throws HttpError 400. */
  static parse(json: string): Fields {
    const value = parseJson(json);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw badRequest('This is no object.');
    return new Fields(new Map(Object.entries(value)));
  }

  string(name: string): string {
    return this.optionalString(name) ?? missing(name);
  }

  optionalString(name: string): string | undefined {
    const value = this.#values.get(name);
    return value === undefined || typeof value === 'string' ? value : missing(name);
  }

  boolean(name: string): boolean {
    const value = this.#values.get(name) ?? false;
    return typeof value === 'boolean' ? value : missing(name);
  }

  /** A whole number from 0. */
  count(name: string): number {
    const value = this.#values.get(name);
    return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : missing(name);
  }

  isNull(name: string): boolean {
    return this.#values.get(name) === null;
  }

  optionalStrings(name: string): string[] | undefined {
    return this.#values.get(name) === undefined ? undefined : this.strings(name);
  }

  strings(name: string): string[] {
    const value = this.#values.get(name);
    if (!Array.isArray(value)) return missing(name);
    return value.map((item) => (typeof item === 'string' ? item : missing(name)));
  }
}

/** A whole number from 0 in a query; undefined where there is none. @throws HttpError 400. */
export function countIn(query: URLSearchParams, name: string): number | undefined {
  const value = query.get(name);
  if (value === null) return undefined;
  return /^\d{1,15}$/.test(value) ? Number(value) : missing(name);
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw badRequest('This is no JSON.');
  }
}

function missing(name: string): never {
  throw badRequest(`${name} is missing, or is not what it has to be.`);
}
