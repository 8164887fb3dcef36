/** The ciphers that ssh2 uses in the bundle are Node's own. */
import assert from 'node:assert/strict';
import * as crypto from 'node:crypto';
import test from 'node:test';
import * as ours from '../../client/drops/sftp/node-crypto.ts';

test('a cipher made from a key taken in once is that of Node, for each key and each packet', () => {
  const keys = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
  const packet = Buffer.from('some packet');
  for (const key of [...keys, ...keys]) {
    const iv = crypto.randomBytes(16);
    const cipher = ours.createCipheriv('aes-256-ctr', key, iv);
    const sealed = Buffer.concat([cipher.update(packet), cipher.final()]);
    const expected = crypto.createCipheriv('aes-256-ctr', key, iv);
    assert.deepEqual(sealed, Buffer.concat([expected.update(packet), expected.final()]));
    const decipher = ours.createDecipheriv('aes-256-ctr', key, iv);
    assert.deepEqual(Buffer.concat([decipher.update(sealed), decipher.final()]), packet);
  }
});
