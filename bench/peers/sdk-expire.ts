/**
 * What anybody would write: list everything, and delete what has passed its time; `each` by itself, or `batches` of a
 * thousand. Prints how many it deleted.
 */
import { DeleteObjectCommand, DeleteObjectsCommand, paginateListObjectsV2, S3Client } from '@aws-sdk/client-s3';

const [how, Bucket = ''] = process.argv.slice(2);
const client = new S3Client({});
const now = new Date().toISOString().slice(0, 13);
const passed: string[] = [];
for await (const { Contents = [] } of paginateListObjectsV2({ client }, { Bucket })) {
  for (const { Key = '' } of Contents) if ((Key.split('/')[1] ?? '') <= now) passed.push(Key);
}
if (how === 'each') {
  for (const Key of passed) await client.send(new DeleteObjectCommand({ Bucket, Key }));
} else {
  for (let start = 0; start < passed.length; start += 1_000) {
    const Objects = passed.slice(start, start + 1_000).map((Key) => ({ Key }));
    await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
  }
}
process.stdout.write(`${passed.length}\n`);
client.destroy();
