/** OpenSSH's own programs, as contestants over the same server. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bench } from '../bench.ts';
import type { Contestant } from '../parcel-race.ts';

interface Server {
  /** `user@host` */
  readonly account: string;
  readonly folder: string;
  /** For either program: which port and key, and nothing of whoever runs this. */
  readonly options: readonly string[];
}

/** `sftp` with the commands of a batch file. */
export function sftpBatch(bench: Bench): Contestant {
  const { env } = bench.btr([], {});
  return async ({ spare }, file, folder) => {
    const { account, folder: there, options } = serverAt(spare.bucket);
    const batch = join(folder, 'batch');
    const time = async (command: string) => {
      await writeFile(batch, `${command}\n`);
      return (await bench.runWarm({ file: 'sftp', args: ['-q', '-b', batch, ...options, account], env })).seconds;
    };
    return { put: () => time(`put ${file} ${there}/file`), get: (path) => time(`get ${there}/file ${path}`) };
  };
}

export function scp(bench: Bench): Contestant {
  const { env } = bench.btr([], {});
  return async ({ spare }, file) => {
    const { account, folder: there, options } = serverAt(spare.bucket);
    const time = async (from: string, to: string) =>
      (await bench.runWarm({ file: 'scp', args: ['-q', ...options, from, to], env })).seconds;
    const remote = `${account}:${there}/file`;
    return { put: () => time(file, remote), get: (path) => time(remote, path) };
  };
}

function serverAt(uri: string): Server {
  const { hostname, port, username, pathname, searchParams } = new URL(uri);
  const settings = ['IdentitiesOnly=yes', 'StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'LogLevel=ERROR'];
  const key = searchParams.get('identity') ?? '';
  const options = ['-F', 'none', '-P', port, '-i', key, ...settings.flatMap((setting) => ['-o', setting])];
  return { account: `${username}@${hostname}`, folder: pathname, options };
}
