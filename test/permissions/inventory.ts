/** Who could ask, and for what: the principals and resources of an account that holds several channels. */
import { account, type ChannelTemplate, type Resource, region } from '../synth/template.ts';
import { type Policy, type Principal, roleArn, sessionOf, userArn } from '../tools/guard/policies.ts';

/** Those whose every action is asked for. */
export const services = ['sqs', 's3', 'sns', 'iam', 'sts', 'lambda', 'logs'] as const;

/** Those that can be reached without TLS at all. */
export const plainServices: readonly string[] = ['sqs', 's3', 'sns'];

export interface NamedPrincipal extends Principal {
  readonly label: string;
  /** What AWS itself says of the requests of its services, which always come over TLS. */
  readonly context?: Readonly<Record<string, string>>;
}

export interface NamedResource {
  /** The end of the ARN, and what else is asked for. */
  readonly label: string;
  readonly arn: string;
  /** As the Service Authorization Reference names them: `sqs:queue`. */
  readonly types: readonly string[];
  readonly context?: Readonly<Record<string, string>>;
  /** Asked for with these actions alone. */
  readonly only?: readonly string[];
}

export interface Inventory {
  readonly principals: readonly NamedPrincipal[];
  readonly resources: readonly NamedResource[];
}

/** The account of frank, whose role is in ours. */
export const otherAccount = '111122223333';
export const frank = `arn:aws:iam::${otherAccount}:user/frank`;

/** A parcel's key below its role, but for most of its random end: the evaluator takes its time over each letter. */
export const parcel = '2026-11-21T12/A';

const admin = userArn('admin');
const gina = `arn:aws:iam::${otherAccount}:user/gina`;

/** What accounts give their administrators: in another account than the resource's, it counts for nothing alone. */
export const administratorAccess: Policy = {
  name: 'AdministratorAccess',
  kind: 'identity',
  document: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] },
  attachedTo: [admin, frank, gina],
};

export function takeInventory(templates: readonly ChannelTemplate[]): Inventory {
  const resources = templates.flatMap((template) => Object.values(template.resources).flatMap(resourcesOf));
  return { principals: [...members(resources), ...others], resources: [...resources, ...unrelated()] };
}

/** Users and roles that the stacks make. */
function members(resources: readonly NamedResource[]): NamedPrincipal[] {
  return resources.flatMap(({ arn, label }) => {
    if (label.startsWith('user/')) return [{ label, arn }];
    return label.startsWith('role/') ? [{ label, ...sessionOf(arn) }] : [];
  });
}

const others: readonly NamedPrincipal[] = [
  { label: 'nobody' },
  { label: 'unrelated', arn: userArn('unrelated') },
  { label: 'admin', arn: admin },
  { label: 'frank elsewhere', arn: frank },
  { label: 'gina elsewhere', arn: gina },
  { label: 'the schedule', arn: 'events.amazonaws.com', context: { 'aws:SourceArn': rule('Btr-alice-bob--expire') } },
  { label: 'another schedule', arn: 'events.amazonaws.com', context: { 'aws:SourceArn': rule('another') } },
  { label: 'alarms', arn: 'cloudwatch.amazonaws.com', context: { 'aws:SourceAccount': account } },
  { label: 'alarms elsewhere', arn: 'cloudwatch.amazonaws.com', context: { 'aws:SourceAccount': otherAccount } },
  {
    label: 'another service',
    arn: 'scheduler.amazonaws.com',
    context: { 'aws:SourceArn': rule('Btr-alice-bob--expire'), 'aws:SourceAccount': account },
  },
  { label: 'lambda', arn: 'lambda.amazonaws.com', context: {} },
];

function rule(name: string): string {
  return `arn:aws:events:${region}:${account}:rule/${name}`;
}

/** What other people have in the same account. */
function unrelated(): NamedResource[] {
  return [
    queue('unrelated.fifo'),
    ...bucket('unrelated'),
    user('unrelated'),
    role('unrelated'),
    ...['sns:topic', 'lambda:function', 'logs:log-group', 'logs:log-stream'].map((type) => regional(type, 'unrelated')),
  ];
}

function resourcesOf({ Type, Properties = {} }: Resource): NamedResource[] {
  const name = (key: string) => String(Properties[key]);
  switch (Type) {
    case 'AWS::SQS::Queue':
      return [queue(name('QueueName'))];
    case 'AWS::S3::Bucket':
      return bucket(name('BucketName'));
    case 'AWS::IAM::User':
      return [user(name('UserName'))];
    case 'AWS::IAM::Role':
      return [role(name('RoleName'))];
    case 'AWS::IAM::ManagedPolicy':
      return [resource(`arn:aws:iam::${account}:policy/${name('ManagedPolicyName')}`, 'iam:policy')];
    case 'AWS::SNS::Topic':
      return [regional('sns:topic', name('TopicName'))];
    case 'AWS::Lambda::Function':
      return [regional('lambda:function', name('FunctionName'))];
    case 'AWS::Logs::LogGroup':
      return [regional('logs:log-group', name('LogGroupName')), regional('logs:log-stream', name('LogGroupName'))];
    default:
      return [];
  }
}

function queue(name: string): NamedResource {
  return regional('sqs:queue', name);
}

function user(name: string): NamedResource {
  return resource(userArn(name), 'iam:user');
}

function role(name: string): NamedResource {
  return resource(roleArn(name), 'iam:role', 'sts:role');
}

function bucket(name: string): NamedResource[] {
  const arn = `arn:aws:s3:::${name}`;
  const prefixes = ['a/', `a/${parcel.slice(0, 13)}/`, 'b/', 'c/', ''];
  return [
    resource(arn, 's3:bucket'),
    ...prefixes.map((prefix) => ({
      ...resource(arn, 's3:bucket'),
      label: `${name}?prefix=${prefix}`,
      context: { 's3:prefix': prefix },
      only: ['s3:ListBucket', 's3:ListBucketVersions'],
    })),
    ...[`a/${parcel}`, `b/${parcel}`, 'ab/c'].map((key) => resource(`${arn}/${key}`, 's3:object')),
  ];
}

function regional(type: string, name: string): NamedResource {
  const [service] = type.split(':');
  const rest = { 'lambda:function': 'function:', 'logs:log-group': 'log-group:', 'logs:log-stream': 'log-group:' };
  const prefix = Object.entries(rest).find(([key]) => key === type)?.[1] ?? '';
  const suffix = type === 'logs:log-stream' ? ':log-stream:stream' : '';
  return resource(`arn:aws:${service}:${region}:${account}:${prefix}${name}${suffix}`, type);
}

function resource(arn: string, ...types: string[]): NamedResource {
  return { label: arn.split(':').slice(5).join(':'), arn, types };
}
