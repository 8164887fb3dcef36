/** Programs that encrypt or move a file, as contestants in MiB/s: each answers how fast it puts and gets one. */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bench } from '../bench.ts';
import { rate } from '../parcel.ts';
import { type Command, Running, run } from '../processes.ts';
import type { Measure } from '../statistics.ts';
import { peerScript } from './find.ts';

export interface Mover {
  readonly put: Measure;
  readonly get: Measure;
}

/** magic-wormhole's direct transfer is one step: put and get at once, without the start of its processes. */
export function wormhole(bench: Bench, python: string, file: string, folder: string): Measure {
  const { env } = bench.btr([], {});
  const script = peerScript('wormhole_transit.py');
  let number = 0;
  return async () => {
    await bench.warmMemory();
    const sender = new Running({ file: python, args: [script, 'send', file], env });
    const port = await sender.line();
    const out = join(folder, `wormhole-${number++}`);
    const bytes = bench.sizes.parcelBytes;
    const { stdout } = await run({ file: python, args: [script, 'receive', port, out, String(bytes)], env });
    await sender.end('input');
    await remove(out);
    return rate(bytes, Number(stdout));
  };
}

/** age with a key pair: encrypts to a file, and decrypts it. */
export async function age(bench: Bench, file: string, folder: string): Promise<Mover> {
  const { env } = bench.btr([], {});
  const key = join(folder, 'age-key');
  await run({ file: 'age-keygen', args: ['-o', key], env });
  const [sealed, opened] = [join(folder, 'sealed.age'), join(folder, 'opened')];
  const recipient = (await run({ file: 'age-keygen', args: ['-y', key], env })).stdout.trim();
  return mover(bench, {
    put: { file: 'age', args: ['-r', recipient, '-o', sealed, file], env },
    get: { file: 'age', args: ['-d', '-i', key, '-o', opened, sealed], env },
    leftovers: [sealed, opened],
  });
}

/** rclone's crypt remote over a folder. */
export async function rcloneCrypt(bench: Bench, file: string, folder: string): Promise<Mover> {
  const { env: clean } = bench.btr([], {});
  const store = join(folder, 'rclone');
  await mkdir(store);
  const password = (await run({ file: 'rclone', args: ['obscure', 'benchmark'], env: clean })).stdout.trim();
  const env = {
    ...clean,
    RCLONE_CONFIG: join(folder, 'rclone.conf'),
    RCLONE_CONFIG_CRYPT_TYPE: 'crypt',
    RCLONE_CONFIG_CRYPT_REMOTE: store,
    RCLONE_CONFIG_CRYPT_PASSWORD: password,
  };
  const opened = join(folder, 'rclone-opened');
  return mover(bench, {
    put: { file: 'rclone', args: ['--quiet', 'copyto', file, 'crypt:parcel'], env },
    get: { file: 'rclone', args: ['--quiet', 'copyto', 'crypt:parcel', opened], env },
    leftovers: [store, opened],
  });
}

interface Steps {
  readonly put: Command;
  readonly get: Command;
  /** What is removed after both, so that the next round does the same work. */
  readonly leftovers: readonly string[];
}

function mover(bench: Bench, { put, get, leftovers }: Steps): Mover {
  const time = async (command: Command) => rate(bench.sizes.parcelBytes, (await bench.runWarm(command)).seconds);
  return {
    put: () => time(put),
    get: async () => {
      const value = await time(get);
      for (const path of leftovers) await remove(path);
      return value;
    },
  };
}

function remove(path: string): Promise<void> {
  return rm(path, { recursive: true, force: true });
}
