/** Messages and a large file over an sftp drop, beside a loop over ssh2 and OpenSSH's own programs. */
import { withoutSshd } from '../../test/tools/sshd.ts';
import type { Case } from '../case.ts';
import { raceMessages } from '../message-race.ts';
import { type Contestant, raceParcels } from '../parcel-race.ts';
import { scp, sftpBatch } from '../peers/openssh.ts';

export const sftp: Case = {
  name: 'sftp',
  about:
    "The same over an sftp drop in memory (tmpfs), on Debian's sshd on loopback. Beside it a loop over ssh2 that writes and renames, reads and removes one at a time, and `sftp -b` and `scp` with the same file.",
  async run(bench) {
    if (withoutSshd) {
      bench.missing.add('sshd, without which there is no case sftp');
      return [];
    }
    const peers = new Map<string, Contestant>();
    if (bench.peers.programs.has('ssh')) peers.set('sftp', sftpBatch(bench)).set('scp', scp(bench));
    else bench.missing.add('sftp and scp');
    const lines = { name: 'sftp (messages)', kind: 'sshd', peer: 'ssh2 loop', script: 'sftp-loop.ts' } as const;
    return [...(await raceParcels(bench, { name: 'sftp', kind: 'sshd', peers })), await raceMessages(bench, lines)];
  },
};
