/** Large reads of the sftp drop, whose buffer is used again: every byte is right, whatever the server enciphers with. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settleSftp } from '../../client/drops/sftp/sftp-drop.ts';
import { digest, freshKey, parcelOf, parcelsOf, putParcel, readRange } from '../contract/tools.ts';
import { freshPlace, needsSshd, openDrop, startSshd } from './sftp-tools.ts';

const servers = {
  'as it comes': [],
  // Larger than a read, far smaller than the parcel.
  'with new keys for every MiB': ['RekeyLimit 1M'],
  'with AES-CTR alone': ['Ciphers aes256-ctr', 'RekeyLimit 1M'],
  'with ChaCha20 alone': ['Ciphers chacha20-poly1305@openssh.com', 'RekeyLimit 1M'],
};

for (const [name, settings] of Object.entries(servers)) {
  test(`sftp: a large file comes right from a server ${name}`, needsSshd, async (context) => {
    const sshd = await startSshd(context, settings);
    const { address } = await freshPlace(sshd);
    const settled = await settleSftp(address);
    const [a, b] = [openDrop(context, settled, 'a'), openDrop(context, settled, 'b')];
    const key = freshKey('a');
    const parcel = parcelOf(parcelsOf(a), 6, 1_000);
    await putParcel(parcelsOf(a), key, parcel);
    const ranges = [0, 1, 2, 3].map((part) => readRange(parcelsOf(b), key, part, parcel.bytes.length - part));
    const expected = [0, 1, 2, 3].map((part) => digest(parcel.bytes.subarray(part)));
    assert.deepEqual((await Promise.all(ranges)).map(digest), expected);
  });
}
