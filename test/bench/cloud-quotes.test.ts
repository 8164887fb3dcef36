import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startCloud } from '../../client/cloud/index.ts';

test('an upload is completed with quotes written as numbers, as rclone does it', async () => {
  const cloud = await startCloud();
  try {
    const { bucket } = cloud.makeChannel({ a: 'alice', b: 'bob' });
    const object = `${cloud.endpoint}/${bucket}/file`;
    const created = await (await fetch(`${object}?uploads`, { method: 'POST' })).text();
    const uploadId = /<UploadId>(.*)<\/UploadId>/.exec(created)?.[1] ?? '';
    const part = await fetch(`${object}?partNumber=1&uploadId=${uploadId}`, { method: 'PUT', body: 'content' });
    const etag = (part.headers.get('etag') ?? '').replaceAll('"', '&#34;');
    assert.match(etag, /^&#34;.+&#34;$/);
    const body = `<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>${etag}</ETag></Part></CompleteMultipartUpload>`;
    const completed = await fetch(`${object}?uploadId=${uploadId}`, { method: 'POST', body });
    assert.equal(completed.status, 200, await completed.text());
    assert.equal(await (await fetch(object)).text(), 'content');
  } finally {
    await cloud.close();
  }
});
