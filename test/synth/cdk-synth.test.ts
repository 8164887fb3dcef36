import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { root, runCdk, runNode } from './cdk.ts';
import { synthesize } from './template.ts';

test('cdk synth writes the template', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'btr-cdk-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const out = join(folder, 'out');
  const args = ['synth', '--quiet', '--output', out, '-c', 'buddies=alice,bob', '-c', 'allowSwap=true'];
  const { code, stderr } = await runCdk(args, folder);
  assert.equal(code, 0, stderr);
  const templates = (await readdir(out)).filter((name) => name.endsWith('.template.json'));
  assert.deepEqual(templates, ['Btr-alice-bob.template.json']);
  const text = await readFile(join(out, 'Btr-alice-bob.template.json'), 'utf8');
  assert.deepEqual(
    JSON.parse(text),
    synthesize({ buddies: 'alice,bob', allowSwap: 'true' }).template.toJSON(),
    'the command line makes the template that the other tests look at',
  );
  // The word may stand there once a buddy, for the one right that a buddy has over keys.
  const others = text.replaceAll('"iam:DeleteAccessKey"', '');
  assert.doesNotMatch(others, /AccessKey|SecretsManager|aws:cdk:path|CDK::Metadata/);
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
