/** From a method and a path to the route that answers. */
import { badRequest, HttpError } from './errors.ts';
import type { Route, Routes } from './exchange.ts';

interface Known {
  readonly method: string;
  readonly segments: readonly string[];
  readonly route: Route;
}

interface Found {
  readonly route: Route;
  readonly parameters: ReadonlyMap<string, string>;
}

export class Router {
  readonly #routes: readonly Known[];

  constructor(...all: readonly Routes[]) {
    this.#routes = all.flatMap(Object.entries<Route>).map(([line, route]) => {
      const [method = '', path = ''] = line.split(' ');
      return { method, segments: path.split('/'), route };
    });
  }

  /** @param path below `api/`, as it was sent. @throws HttpError 400, 404, 405. */
  find(method: string, path: string): Found {
    const segments = path.split('/').map(decode);
    const fitting = this.#routes.filter(({ segments: pattern }) => fits(pattern, segments));
    const found = fitting.find((known) => known.method === method);
    if (found) return { route: found.route, parameters: parametersOf(found.segments, segments) };
    if (fitting.length === 0) throw new HttpError(404, 'There is nothing here.', { code: 'no-such-path' });
    throw new HttpError(405, `This can't be done by ${method}.`, { code: 'bad-method' });
  }
}

function fits(pattern: readonly string[], segments: readonly string[]): boolean {
  const isSame = (part: string, index: number) => part.startsWith(':') || part === segments[index];
  return pattern.length === segments.length && pattern.every(isSame);
}

function parametersOf(pattern: readonly string[], segments: readonly string[]): Map<string, string> {
  const named = pattern.flatMap((part, index) => {
    return part.startsWith(':') ? [[part.slice(1), segments[index] ?? ''] as const] : [];
  });
  return new Map(named);
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw badRequest('The path is not encoded as it has to be.');
  }
}
