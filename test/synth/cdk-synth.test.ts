import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { root, runCdk, runNode } from './cdk.ts';
import { synthesize } from './template.ts';

const buddies = ['-c', 'buddies=alice,bob', '-c', 'alarmEmail=me@example.org'];

test('cdk synth writes the template and the bundled function, the same each time', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'btr-cdk-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const out = join(folder, 'out');
  const { code, stderr } = await runCdk(['synth', '--quiet', '--output', out, ...buddies], folder);
  assert.equal(code, 0, stderr);
  const files = await readdir(out);
  assert.deepEqual(
    files.filter((name) => name.endsWith('.template.json')),
    ['Btr-alice-bob.template.json'],
  );
  const text = await readFile(join(out, 'Btr-alice-bob.template.json'), 'utf8');
  const again = synthesize({ buddies: 'alice,bob', alarmEmail: 'me@example.org' }, { bundle: true });
  assert.deepEqual(JSON.parse(text), again.template.toJSON(), 'as in another process and another folder');
  // The word may stand there once a buddy, for the one right that a buddy has over keys.
  const others = text.replaceAll('"iam:DeleteAccessKey"', '');
  assert.doesNotMatch(others, /AccessKey|SecretsManager|aws:cdk:path|CDK::Metadata/);

  const assets = files.filter((name) => name.startsWith('asset.'));
  assert.equal(assets.length, 1);
  const asset = join(out, assets[0] ?? '');
  assert.deepEqual(await readdir(asset), ['index.mjs']);
  const bundled = await readFile(join(asset, 'index.mjs'), 'utf8');
  assert.ok(!bundled.includes(root), 'nothing in it tells where it was made');
  const loaded: unknown = await import(join(asset, 'index.mjs'));
  assert.equal(typeof Object.entries(loaded ?? {}).find(([name]) => name === 'handler')?.[1], 'function');

  const { artifacts }: { artifacts: Record<string, { properties: { tags?: unknown } }> } = JSON.parse(
    await readFile(join(out, 'manifest.json'), 'utf8'),
  );
  assert.deepEqual(artifacts['Btr-alice-bob']?.properties.tags, { 'btr:channel': 'Btr-alice-bob' });
});

test('a wrong setting ends the app with two plain lines', async () => {
  const app = join(root, 'infra', 'app.ts');
  const { code, stdout, stderr } = await runNode([app], { CDK_CONTEXT_JSON: '{"buddies":"alice"}' });
  assert.equal(code, 2);
  assert.equal(stdout, '');
  assert.equal(
    stderr,
    '\n`buddies`: a channel is for exactly two buddies.\n' +
      'Name two: -c buddies=alice,bob, or "buddies": ["alice", "bob"] in btr.infra.json.\n\n',
  );
});
