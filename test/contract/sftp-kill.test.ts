import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { settleSftp } from '../../client/drops/sftp/sftp-drop.ts';
import { Sshd, withoutSshd } from '../tools/sshd.ts';
import { killContract } from './maildir-kill.ts';

if (withoutSshd) {
  test('sftp: processes that are killed', { skip: withoutSshd }, () => {});
} else {
  const sshd = await Sshd.start();
  after(() => sshd[Symbol.asyncDispose]());
  killContract('sftp', async () => {
    const path = await mkdtemp(join(sshd.folder, 'drop-'));
    const address = { ...(await settleSftp(sshd.address(path))) };
    return { address, path, close: () => rm(path, { recursive: true }) };
  });
}
