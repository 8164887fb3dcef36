import assert from 'node:assert/strict';
import test from 'node:test';
import { awsDropId, parseAwsAddress, parseAwsUri } from '../../client/drops/aws/index.ts';

const url = 'https://sqs.eu-central-1.amazonaws.com/123456789012/ab.fifo';

test('aws: a URI is read as each side sees it, and both mean the same drop', () => {
  const a = parseAwsUri('aws:tx=ab.fifo,rx=ba.fifo,bucket=some-bucket,region=eu-central-1', 'a');
  assert.deepEqual(a, {
    kind: 'aws',
    queues: { 'a-to-b': 'ab.fifo', 'b-to-a': 'ba.fifo' },
    bucket: 'some-bucket',
    region: 'eu-central-1',
  });
  const b = parseAwsUri(`aws:tx=ba.fifo,rx=${url},endpoint=http://127.0.0.1:4566/`, 'b');
  assert.equal(b.queues['a-to-b'], url);
  assert.equal(b.endpoint, 'http://127.0.0.1:4566');
  assert.equal(awsDropId(a), awsDropId(b));
  assert.notEqual(awsDropId(a), awsDropId(parseAwsUri('aws:tx=ab.fifo,rx=ba.fifo', 'b')));
});

test('aws: an address survives JSON', () => {
  const address = parseAwsUri(`aws:tx=${url},rx=ba.fifo,bucket=some-bucket,account=123456789012`, 'a');
  assert.deepEqual(parseAwsAddress(JSON.parse(JSON.stringify(address))), address);
});

test('aws: what is no address is refused with words', () => {
  const bad = [
    'folder:/x',
    'aws:',
    'aws:tx=ab.fifo',
    'aws:tx=ab.fifo,rx=ab.fifo',
    'aws:tx=ab,rx=ba.fifo',
    'aws:tx=ab.fifo,rx=../ba.fifo',
    'aws:tx=ab.fifo,tx=cd.fifo,rx=ba.fifo',
    'aws:tx=ab.fifo,rx=ba.fifo,colour=red',
    'aws:tx=ab.fifo,rx=ba.fifo,bucket=A',
    'aws:tx=ab.fifo,rx=ba.fifo,region=here',
    'aws:tx=ab.fifo,rx=ba.fifo,endpoint=ftp://x',
    'aws:tx=ab.fifo,rx=ba.fifo,endpoint=http://user:secret@x',
  ];
  for (const uri of bad) assert.throws(() => parseAwsUri(uri, 'a'), { code: 'bad-address', exitCode: 2 }, uri);
  for (const value of [null, [], {}, { kind: 'aws' }, { kind: 'aws', queues: { 'a-to-b': 1, 'b-to-a': 'ba.fifo' } }]) {
    assert.throws(() => parseAwsAddress(value), { code: 'bad-address' });
  }
});
