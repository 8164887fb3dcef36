/** The AwsSolutions rules of cdk-nag over every kind of channel. */
import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import {
  type App,
  type IPolicyValidationContext,
  type PolicyValidationPluginReport,
  Stack,
  Validations,
} from 'aws-cdk-lib/core';
import { AwsSolutionsChecks } from 'cdk-nag';
import type { IConstruct } from 'constructs';
import { kinds } from './kinds.ts';
import { synthesizeAll } from './template.ts';

/** Takes down what the rules find, and lets synthesis go on. */
class Recorder extends AwsSolutionsChecks {
  readonly found: string[] = [];

  override validate(context: IPolicyValidationContext): PolicyValidationPluginReport {
    const { violations } = super.validate(context);
    for (const { ruleName, violatingResources } of violations) {
      this.found.push(...violatingResources.map(({ constructPath }) => `${constructPath} ${ruleName}`));
    }
    return { success: true, violations: [] };
  }
}

function findings(channels: readonly object[], prepare: (app: App) => void = () => {}): string[] {
  const recorder = new Recorder();
  synthesizeAll(
    {},
    {
      channels,
      prepare: (app) => {
        Validations.of(app).addPlugins(recorder);
        prepare(app);
      },
    },
  );
  return recorder.found.sort();
}

for (const [kind, channels] of Object.entries(kinds)) {
  test(`cdk-nag finds nothing that is not acknowledged: ${kind}`, () => {
    assert.deepEqual(findings(channels), []);
  });
}

test('cdk-nag finds what is bad', () => {
  const found = findings([{ buddies: ['alice', 'bob'] }], (app) => {
    new Bucket(new Stack(app, 'Bad'), 'Open');
  });
  assert.deepEqual(found, ['Bad/Open/Resource AwsSolutions-S1', 'Bad/Open/Resource AwsSolutions-S10']);
});

/** What is acknowledged, and on which construct. */
const acknowledged = [
  ['BuddyA/Policy', 'AwsSolutions-IAM5[Resource::<ParcelsBucketAD0CC022.Arn>/a/*]'],
  ['BuddyA/Policy', 'AwsSolutions-IAM5[Resource::<ParcelsBucketAD0CC022.Arn>/b/*]'],
  ['BuddyB/Policy', 'AwsSolutions-IAM5[Resource::<ParcelsBucketAD0CC022.Arn>/a/*]'],
  ['BuddyB/Policy', 'AwsSolutions-IAM5[Resource::<ParcelsBucketAD0CC022.Arn>/b/*]'],
  ['Expiry/Role', 'AwsSolutions-IAM5[Resource::<ParcelsBucketAD0CC022.Arn>/a/*]'],
  ['Expiry/Role', 'AwsSolutions-IAM5[Resource::<ParcelsBucketAD0CC022.Arn>/b/*]'],
  ['Parcels/Bucket', 'AwsSolutions-S1'],
];
const everything = [{ buddies: ['alice', 'bob'], alarmEmail: 'me@example.org' }];

test('what is acknowledged is just what would be found', (t) => {
  const off = mock.method(Validations.prototype, 'acknowledge', () => {});
  t.after(() => off.mock.restore());
  assert.deepEqual(
    findings(everything),
    acknowledged.map(([path, rule]) => `Btr-alice-bob/${path}/Resource ${rule}`),
  );
});

test('each acknowledgement stands on the one construct it is about, with a reason in a whole sentence', () => {
  const stands: [string, string][] = [];
  synthesizeAll({}, { channels: everything, prepare: (app) => app.node.findAll().forEach(collect) });
  assert.deepEqual(stands.sort(), acknowledged);

  function collect(construct: IConstruct): void {
    for (const { type, data } of construct.node.metadata) {
      if (type !== Validations.ACKNOWLEDGED_RULES_METADATA_KEY) continue;
      for (const [id, reason] of Object.entries(data)) {
        stands.push([construct.node.path.replace(/^Btr-alice-bob\//, ''), id.replace(/^annotation::/i, '')]);
        assert.match(String(reason), /^[A-Z].{60,}\.$/, `${construct.node.path} ${id}`);
      }
    }
  }
});
