/** A bundled program with a cloud's SDK, as a contestant: `put` or `get`, the bucket, and the file. */
import type { Bench } from '../bench.ts';
import type { Contestant } from '../parcel-race.ts';

export function sdkProgram(bench: Bench, program: string): Contestant {
  return async (endpoint, file) => {
    const { env } = bench.btr([], endpoint.env);
    const time = async (how: 'put' | 'get', path: string) => {
      const args = [program, how, endpoint.spare.bucket, path];
      return (await bench.runWarm({ file: process.execPath, args, env })).seconds;
    };
    return { put: () => time('put', file), get: (path) => time('get', path) };
  };
}
