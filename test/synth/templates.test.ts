/** Every kind of channel against AWS's description of its resources, and cfn-lint. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { kinds } from './kinds.ts';
import { isTaggable, problemsOf } from './resource-spec.ts';
import { type ChannelTemplate, findResource, synthesize, synthesizeAll } from './template.ts';

const templates = Object.entries(kinds).map(([kind, channels]): [string, ChannelTemplate[]] => [
  kind,
  synthesizeAll({}, { channels }),
]);

for (const [kind, channels] of templates) {
  test(`all properties have the names and types that AWS knows: ${kind}`, () => {
    assert.deepEqual(channels.flatMap(problemsOf), []);
  });

  test(`everything that can have tags says which channel it belongs to: ${kind}`, () => {
    for (const { stackName, resources } of channels) {
      const tagged = Object.entries(resources).filter(([, { Type }]) => isTaggable(Type));
      assert.deepEqual(
        tagged.map(([id, { Properties }]) => [id, tagsOf(Properties.Tags)['btr:channel']]),
        tagged.map(([id]) => [id, stackName]),
      );
      const types = tagged.map(([, { Type }]) => Type);
      for (const type of ['AWS::SQS::Queue', 'AWS::S3::Bucket']) assert.ok(types.includes(type), type);
    }
  });
}

function tagsOf(tags: unknown): Record<string, unknown> {
  return Array.isArray(tags) ? Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value])) : {};
}

test('tags of its own stand beside it', () => {
  const { resources } = synthesize({}, { channels: [{ buddies: ['alice', 'bob'], tags: { team: 'x' } }] });
  const user = findResource({ resources }, 'AWS::IAM::User', 'UserName', 'Btr-alice-bob-alice');
  assert.deepEqual(tagsOf(user.Properties.Tags), { 'btr:channel': 'Btr-alice-bob', team: 'x' });
});

const queue = (Properties: Record<string, unknown>) => ({ resources: { Q: { Type: 'AWS::SQS::Queue', Properties } } });
const noticed: [string, Record<string, unknown>, string][] = [
  ['a misspelled property', { QueuName: 'q' }, 'Q.QueuName is not known'],
  ['a wrong type', { QueueName: 7 }, 'Q.QueueName is not of type string'],
  ['a text for a number', { DelaySeconds: '5' }, 'Q.DelaySeconds is not of type integer'],
  ['a text for a flag', { FifoQueue: 'true' }, 'Q.FifoQueue is not of type boolean'],
  ['a wrong element', { Tags: [{ Key: 'k', Valu: 'v' }] }, 'Q.Tags[0] is not of type tag'],
];
for (const [what, properties, problem] of noticed) {
  test(`the comparison notices ${what}`, () => {
    assert.deepEqual(problemsOf(queue(properties)), [problem]);
  });
}

test('the comparison notices what is missing, and what is wrong further inside', () => {
  const rule = (rest: Record<string, unknown>) => ({
    resources: {
      B: {
        Type: 'AWS::S3::Bucket',
        Properties: { LifecycleConfiguration: { Rules: [{ Status: 'Enabled', ...rest }] } },
      },
    },
  });
  assert.deepEqual(problemsOf(rule({})), []);
  const inside = 'B.LifecycleConfiguration.Rules[0]';
  assert.deepEqual(problemsOf(rule({ Status: undefined })), [
    `${inside}.Status is missing`,
    `${inside}.Status is not of type string`,
  ]);
  assert.deepEqual(problemsOf(rule({ ExpirationInDay: 1 })), [`${inside}.ExpirationInDay is not known`]);
});

test('cfn-lint has nothing to say', { skip: cfnLintMissing() }, (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'btr-lint-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const files = templates.flatMap(([, channels], kind) =>
    channels.map(({ stackName, template }) => {
      const file = join(folder, `${kind}-${stackName}.json`);
      writeFileSync(file, JSON.stringify(template.toJSON()));
      return file;
    }),
  );
  // W3005: the CDK also says that a function depends on its role, which CloudFormation would see by itself.
  const options = ['--regions', 'eu-central-1', '--ignore-checks', 'W3005', '--'];
  const { status, stdout, stderr } = spawnSync('cfn-lint', [...options, ...files], { encoding: 'utf8' });
  assert.equal(`${stdout}${stderr}`, '');
  assert.equal(status, 0);
});

/** The reason why it can't be asked here, or false. */
function cfnLintMissing(): string | false {
  const { status } = spawnSync('cfn-lint', ['--version'], { stdio: 'ignore' });
  return status === 0 ? false : 'cfn-lint is not on PATH (pip install cfn-lint)';
}
