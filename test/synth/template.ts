/** Synthesizes channels in this process, with the context of cdk.json, and resolves a template's intrinsics. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Template } from 'aws-cdk-lib/assertions';
import { App } from 'aws-cdk-lib/core';
import cdkJson from '../../cdk.json' with { type: 'json' };
import { ChannelStack } from '../../infra/channel-stack.ts';
import { readSettings } from '../../infra/settings.ts';

export interface Resource {
  readonly Type: string;
  readonly Properties: Record<string, unknown>;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
}

export interface ChannelTemplate {
  readonly stackName: string;
  readonly template: Template;
  readonly resources: Record<string, Resource>;
  readonly outputs: Record<string, { readonly Value: unknown }>;
}

export const region = 'eu-central-1';
export const account = '123456789012';

export interface SynthOptions {
  /** What stands in `btr.infra.json`. Absent: there is no such file. */
  readonly channels?: readonly object[];
  /** Whether the functions are bundled, as for a deployment. Without, their code is told apart by no hash. */
  readonly bundle?: boolean;
  /** Called once the stacks are there and nothing is synthesized yet. */
  readonly prepare?: (app: App) => void;
}

/** The only channel of an app. */
export function synthesize(context: Record<string, unknown>, options: SynthOptions = {}): ChannelTemplate {
  const [only, ...others] = synthesizeAll(context, options);
  if (only === undefined || others.length > 0) throw new Error(`${others.length + 1} channels, not one`);
  return only;
}

export function synthesizeAll(context: Record<string, unknown>, options: SynthOptions = {}): ChannelTemplate[] {
  const { channels, bundle = false, prepare = () => {} } = options;
  const folder = mkdtempSync(join(tmpdir(), 'btr-synth-'));
  try {
    if (channels !== undefined) writeFileSync(join(folder, 'btr.infra.json'), JSON.stringify({ channels }));
    const bundling = bundle ? {} : { 'aws:cdk:bundling-stacks': [] };
    const given = { ...cdkJson.context, ...bundling, ...context };
    const app = new App({ context: given, outdir: join(folder, 'out'), analyticsReporting: false });
    const stacks = readSettings(app.node.getAllContext(), folder).map((one) => new ChannelStack(app, one));
    prepare(app);
    return stacks.map((stack) => {
      const template = Template.fromStack(stack);
      const { Resources: resources, Outputs: outputs } = template.toJSON();
      return { stackName: stack.stackName, template, resources, outputs };
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export function ofType({ resources }: Pick<ChannelTemplate, 'resources'>, type: string): Resource[] {
  return Object.values(resources).filter((resource) => resource.Type === type);
}

/** Resolved, and without the tags, which all have alike. */
export function propertiesOf(
  resource: Resource,
  { resources }: Pick<ChannelTemplate, 'resources'>,
): Record<string, unknown> {
  const properties = Object.entries(resource.Properties).filter(([key]) => key !== 'Tags');
  return Object.fromEntries(properties.map(([key, value]) => [key, resolve(value, resources)]));
}

/** The value with Ref, Fn::GetAtt and Fn::Join replaced by what a deployment in `region` and `account` would give. */
export function resolve(value: unknown, resources: Record<string, Resource>): unknown {
  if (Array.isArray(value)) return value.map((item) => resolve(item, resources));
  if (!isRecord(value)) return value;
  if ('Ref' in value) return reference(value.Ref, resources);
  const attribute = value['Fn::GetAtt'];
  if (Array.isArray(attribute)) {
    const [id, what] = attribute;
    if (what === 'Arn') return arn(id, resources);
    if (what === 'QueueName') return lookUp(id, resources).physical;
  }
  const text = value['Fn::Sub'];
  if (typeof text === 'string') return text.replace(/\$\{([^}]+)\}/g, (_, name) => reference(name, resources));
  const join = value['Fn::Join'];
  if (Array.isArray(join) && Array.isArray(join[1])) {
    return join[1].map((item) => String(resolve(item, resources))).join(String(join[0]));
  }
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, resolve(item, resources)]));
}

/** The only resource of this type whose properties hold this one. */
export function findResource(
  { resources }: Pick<ChannelTemplate, 'resources'>,
  type: string,
  key: string,
  value: string,
): Resource {
  const found = Object.values(resources).filter(
    (resource) => resource.Type === type && resource.Properties[key] === value,
  );
  const [only] = found;
  if (only === undefined || found.length > 1) {
    throw new Error(`${found.length} resources ${type} with ${key} = ${value}, not one`);
  }
  return only;
}

function reference(name: unknown, resources: Record<string, Resource>): string {
  if (name === 'AWS::Region') return region;
  if (name === 'AWS::AccountId') return account;
  if (name === 'AWS::Partition') return 'aws';
  if (name === 'AWS::URLSuffix') return 'amazonaws.com';
  const { type, physical } = lookUp(name, resources);
  if (type === 'AWS::SQS::Queue') return `https://sqs.${region}.amazonaws.com/${account}/${physical}`;
  return type === 'AWS::SNS::Topic' ? arn(name, resources) : physical;
}

/** What stands before a physical name in an ARN. */
const arnsBegin: Readonly<Record<string, string>> = {
  'AWS::Events::Rule': `arn:aws:events:${region}:${account}:rule/`,
  'AWS::IAM::Role': `arn:aws:iam::${account}:role/`,
  'AWS::IAM::User': `arn:aws:iam::${account}:user/`,
  'AWS::Lambda::Function': `arn:aws:lambda:${region}:${account}:function:`,
  'AWS::Logs::LogGroup': `arn:aws:logs:${region}:${account}:log-group:`,
  'AWS::S3::Bucket': 'arn:aws:s3:::',
  'AWS::SNS::Topic': `arn:aws:sns:${region}:${account}:`,
  'AWS::SQS::Queue': `arn:aws:sqs:${region}:${account}:`,
};

function arn(name: unknown, resources: Record<string, Resource>): string {
  const { type, physical } = lookUp(name, resources);
  const begin = arnsBegin[type];
  if (begin === undefined) throw new Error(`no ARN known for ${type}`);
  // CloudFormation gives a log group's ARN with all of its streams.
  return `${begin}${physical}${type === 'AWS::Logs::LogGroup' ? ':*' : ''}`;
}

const nameProperties = [
  'QueueName',
  'BucketName',
  'UserName',
  'RoleName',
  'FunctionName',
  'LogGroupName',
  'TopicName',
  'AlarmName',
  'Name',
];

function lookUp(name: unknown, resources: Record<string, Resource>): { type: string; physical: string } {
  const resource = resources[String(name)];
  if (resource === undefined) throw new Error(`the template has no ${String(name)}`);
  const key = nameProperties.find((property) => property in resource.Properties);
  return { type: resource.Type, physical: key === undefined ? 'made-up-bucket' : String(resource.Properties[key]) };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
