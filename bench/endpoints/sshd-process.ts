/** Debian's sshd on loopback. Argument: the folder in which the drop and the peers' folder are made. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { uriOf } from '../../client/drops/sftp/address.ts';
import { Sshd } from '../../test/tools/sshd.ts';
import { serve } from './answering.ts';

const [folder = ''] = process.argv.slice(2);
const sshd = await Sshd.start();
const uri = (name: string) => `${uriOf(sshd.address(join(folder, name)))}?identity=${encodeURIComponent(sshd.keyFile)}`;
const spare = uri('spare');
await mkdir(join(folder, 'spare'));
serve(
  { env: {}, spare: { queue: spare, bucket: spare }, drops: { a: uri('drop'), b: uri('drop') } },
  () => ({}),
  () => sshd[Symbol.asyncDispose](),
);
