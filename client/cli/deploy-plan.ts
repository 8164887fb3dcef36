/** What `btr deploy` is going to make, and what it will cost. */
import type { Owner } from '../messenger/stack-owner.ts';
import type { Assembly } from './cdk.ts';
import type { Running } from './command.ts';

interface Plan {
  readonly owner: Owner;
  readonly assembly: Assembly;
  /** The stack is there and will be changed. */
  readonly isThere: boolean;
  readonly bootstraps: boolean;
}

/** What most people would not know by its name in a template. */
const words: Readonly<Record<string, string>> = {
  'AWS::SQS::Queue': 'queues: one each way, each with a dead-letter queue',
  'AWS::SQS::QueuePolicy': 'policies of the queues: only over TLS',
  'AWS::S3::Bucket': 'private bucket for encrypted files',
  'AWS::S3::BucketPolicy': 'policy of the bucket: only over TLS',
  'AWS::IAM::User': 'IAM users, without keys so far',
  'AWS::IAM::Role': 'IAM roles',
  'AWS::IAM::ManagedPolicy': 'IAM policies: what each buddy may do',
  'AWS::Lambda::Function': 'function that removes files whose time is over',
  'AWS::Events::Rule': 'schedule for it',
  'AWS::Logs::LogGroup': 'log group of it',
  'AWS::Lambda::EventInvokeConfig': 'setting of it: no second try before the next hour',
  'AWS::Lambda::Permission': 'permission for the schedule to run it',
  'AWS::CloudWatch::Alarm': 'alarms',
  'AWS::SNS::Topic': 'topic for the alarms',
  'AWS::SNS::Subscription': 'subscription to it: AWS asks by e-mail for a confirmation',
};

/** Two people who write now and then. */
const use = { messages: 1000, files: 20, fileBytes: 5 * 1_048_576, listenHours: 120 };

export async function showPlan({ output }: Running, { owner, assembly, isThere, bootstraps }: Plan): Promise<void> {
  const { listPrices, monthlyEstimate, totalOf } = await import('../messenger/stack-owner.ts');
  const count = (type: string) => assembly.resources[type] ?? 0;
  // In the order of the words, what has none last.
  const types = new Set([...Object.keys(words), ...Object.keys(assembly.resources)]);
  const resources = [...types].flatMap((type) => (count(type) > 0 ? [{ type, count: count(type) }] : []));
  const alarms = count('AWS::CloudWatch::Alarm');
  const lines = monthlyEstimate({ ...use, alarms, expiry: count('AWS::Lambda::Function') > 0 });
  const total = totalOf(lines);
  const { account, region, arn } = owner;
  const where = { stack: assembly.stack, account, region, caller: arn };
  const monthly = { ...use, ...total, pricesOf: listPrices.date };
  output.event({ event: 'plan', ...where, state: isThere ? 'there' : 'new', bootstraps, resources, monthly });
  output.line(`Stack ${assembly.stack} in account ${account}, region ${region}, as ${arn}`);
  output.line(isThere ? 'It is there already and will be changed where it differs from:' : 'It will be made, of:');
  for (const { type, count: number } of resources) output.line(`  ${number} ${words[type] ?? plainType(type)}`);
  if (bootstraps) {
    output.line('Before it, once for this account and region: the stack CDKToolkit, with which the CDK deploys.');
  }
  output.line(
    `About ${dollars(total.dollars)} a month for ${use.messages} messages, ${use.files} files of 5 MiB and two hours of ` +
      `listening a day on each side; ${dollars(total.dollarsPastFree)} where nothing else uses the account's free tier.`,
  );
  output.line(`By list prices of ${listPrices.region} of ${listPrices.date}, without tax.`);
}

/** `SNS Topic` for `AWS::SNS::Topic`. */
function plainType(type: string): string {
  return type.split('::').slice(1).join(' ');
}

function dollars(amount: number): string {
  return `$${amount.toFixed(2)}`;
}
