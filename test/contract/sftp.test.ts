import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { openSftpDrop, settleSftp } from '../../client/drops/sftp/sftp-drop.ts';
import { Sshd, withoutSshd } from '../tools/sshd.ts';
import { dropContract } from './drop-contract.ts';

if (withoutSshd) {
  test('sftp: the contract', { skip: withoutSshd }, () => {});
} else {
  const sshd = await Sshd.start();
  after(() => sshd[Symbol.asyncDispose]());
  dropContract('sftp', async () => {
    const path = await mkdtemp(join(sshd.folder, 'drop-'));
    const address = await settleSftp(sshd.address(path));
    return {
      open: async (role) => openSftpDrop({ address, role, poll: 50 }),
      close: () => rm(path, { recursive: true }),
    };
  });
}
