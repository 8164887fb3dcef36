/** Another user of this machine, who has nothing of ours. */
import { spawnSync } from 'node:child_process';

/** Why tests as another user are skipped here; false where they are not. */
export const noOtherUser =
  (process.getuid?.() !== 0 && 'only root can become somebody else') ||
  (spawnSync('setpriv', ['--version']).error !== undefined && 'setpriv (util-linux) is not there');

/** Runs a script of Node's as that user. Answers what it prints. @param args after it, in process.argv from 1 on. */
export function asNobody(script: string, ...args: string[]): string {
  const command = ['--reuid=65534', '--regid=65534', '--clear-groups', process.execPath, '-e', script, ...args];
  const { stdout, stderr, status } = spawnSync('setpriv', command, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return stdout;
}
