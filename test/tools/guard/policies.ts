/**
 * All policies of synthesized stacks together, as IAM would find them: what each says, of which kind it is, and on
 * which principals or resources it hangs.
 */
import { isDeepStrictEqual } from 'node:util';
import { account, type ChannelTemplate, type Resource, resolve } from '../../synth/template.ts';

export interface Principal {
  /** ARN of a user or a role's session, or the name of a service. Absent: nobody signed. */
  readonly arn?: string;
  /** The ARN that its policies hang on, where it is another: a session's role. */
  readonly identity?: string;
}

export type Statement = Readonly<Record<string, unknown>>;

export interface PolicyDocument {
  readonly Version: string;
  readonly Statement: readonly Statement[];
}

export interface Policy {
  /** Stack and logical id, for messages. */
  readonly name: string;
  /** `identity` hangs on principals, the others on resources; `trust` says who may assume a role. */
  readonly kind: 'identity' | 'resource' | 'trust';
  readonly document: PolicyDocument;
  /** ARNs. */
  readonly attachedTo: readonly string[];
}

/** @throws where a template says something about access that is not understood here: nothing is left out in silence. */
export function collectPolicies(
  templates: readonly Pick<ChannelTemplate, 'stackName' | 'resources'>[],
): readonly Policy[] {
  return templates.flatMap(({ stackName, resources }) =>
    Object.entries(resources).flatMap(([id, resource]) => {
      const properties = record(resolve(resource.Properties ?? {}, resources));
      return read(`${stackName}/${id}`, resource, properties);
    }),
  );
}

export function userArn(name: string): string {
  return `arn:aws:iam::${account}:user/${name}`;
}

export function roleArn(name: string): string {
  return `arn:aws:iam::${account}:role/${name}`;
}

/** Who has assumed a role: the policies stay those of the role. */
export function sessionOf(role: string): Principal {
  return { arn: `${role.replace(':iam:', ':sts:').replace(':role/', ':assumed-role/')}/session`, identity: role };
}

function read(name: string, { Type }: Resource, properties: Readonly<Record<string, unknown>>): Policy[] {
  switch (Type) {
    case 'AWS::IAM::ManagedPolicy':
    case 'AWS::IAM::Policy':
      return [identityPolicy(name, properties)];
    case 'AWS::IAM::User':
      return inlinePolicies(name, userArn(text(properties.UserName)), properties);
    case 'AWS::IAM::Role': {
      const attachedTo = [roleArn(text(properties.RoleName))];
      const trust = policyDocument(properties.AssumeRolePolicyDocument);
      const inline = inlinePolicies(name, roleArn(text(properties.RoleName)), properties);
      return [{ name: `${name} trust`, kind: 'trust', document: trust, attachedTo }, ...inline];
    }
    case 'AWS::SQS::QueuePolicy':
      return [resourcePolicy(name, properties, texts(properties.Queues).map(queueArn))];
    case 'AWS::S3::BucketPolicy':
      return [resourcePolicy(name, properties, [`arn:aws:s3:::${text(properties.Bucket)}`])];
    case 'AWS::SNS::TopicPolicy':
      return [resourcePolicy(name, properties, texts(properties.Topics))];
    case 'AWS::Lambda::Permission':
      return [lambdaPermission(name, properties)];
    default:
      if (!grantNothing.includes(Type)) throw notUnderstood(name, Type);
      return [];
  }
}

/** Types that say nothing themselves of who may do what. */
const grantNothing = [
  'AWS::CloudWatch::Alarm',
  'AWS::Events::Rule',
  'AWS::Lambda::EventInvokeConfig',
  'AWS::Lambda::Function',
  'AWS::Logs::LogGroup',
  'AWS::S3::Bucket',
  'AWS::SNS::Subscription',
  'AWS::SNS::Topic',
  'AWS::SQS::Queue',
];

function identityPolicy(name: string, properties: Readonly<Record<string, unknown>>): Policy {
  if (texts(properties.Groups ?? []).length > 0) throw notUnderstood(name, 'a group');
  const users = texts(properties.Users ?? []).map(userArn);
  const roles = texts(properties.Roles ?? []).map(roleArn);
  const document = policyDocument(properties.PolicyDocument);
  return { name, kind: 'identity', document, attachedTo: [...users, ...roles] };
}

function inlinePolicies(name: string, arn: string, properties: Readonly<Record<string, unknown>>): Policy[] {
  for (const key of ['ManagedPolicyArns', 'PermissionsBoundary', 'Groups', 'LoginProfile']) {
    if (properties[key] !== undefined) throw notUnderstood(name, key);
  }
  return list(properties.Policies ?? []).map((entry) => {
    const { PolicyName, PolicyDocument } = record(entry);
    const document = policyDocument(PolicyDocument);
    return { name: `${name} ${text(PolicyName)}`, kind: 'identity', document, attachedTo: [arn] };
  });
}

function resourcePolicy(
  name: string,
  properties: Readonly<Record<string, unknown>>,
  attachedTo: readonly string[],
): Policy {
  return { name, kind: 'resource', document: policyDocument(properties.PolicyDocument), attachedTo };
}

/** As Lambda writes it into the function's own policy (AWS Lambda API Reference, "AddPermission"). */
function lambdaPermission(name: string, properties: Readonly<Record<string, unknown>>): Policy {
  const { Action, FunctionName, Principal, SourceArn, SourceAccount, ...others } = properties;
  if (Object.keys(others).length > 0) throw notUnderstood(name, Object.keys(others).join());
  const condition = {
    ...(SourceArn === undefined ? {} : { ArnLike: { 'aws:SourceArn': SourceArn } }),
    ...(SourceAccount === undefined ? {} : { StringEquals: { 'aws:SourceAccount': SourceAccount } }),
  };
  const statement = {
    Effect: 'Allow',
    Principal: { Service: Principal },
    Action,
    Resource: FunctionName,
    ...(isDeepStrictEqual(condition, {}) ? {} : { Condition: condition }),
  };
  const document = { Version: '2012-10-17', Statement: [statement] };
  return { name, kind: 'resource', document, attachedTo: [text(FunctionName)] };
}

function queueArn(url: string): string {
  const [, , host = '', owner, queue] = url.split('/');
  return `arn:aws:sqs:${host.split('.')[1]}:${owner}:${queue}`;
}

function policyDocument(value: unknown): PolicyDocument {
  const { Version, Statement } = record(value);
  return { Version: text(Version), Statement: list(Statement).map(record) };
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new TypeError('no object');
  return { ...value };
}

function list(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new TypeError('no list');
  return value;
}

function texts(value: unknown): readonly string[] {
  return list(value).map(text);
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError(`no text: ${JSON.stringify(value)}`);
  return value;
}

function notUnderstood(name: string, what: string): Error {
  return new Error(`${name}: what ${what} allows is not taken into account here yet`);
}
