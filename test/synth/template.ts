/** Synthesizes a channel in this process, with the context of cdk.json, and resolves a template's intrinsics. */
import { mkdtempSync, rmSync } from 'node:fs';
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
}

export interface ChannelTemplate {
  readonly stackName: string;
  readonly template: Template;
  readonly resources: Record<string, Resource>;
  readonly outputs: Record<string, { readonly Value: unknown }>;
}

export const region = 'eu-central-1';
export const account = '123456789012';

export function synthesize(context: Record<string, unknown>): ChannelTemplate {
  const outdir = mkdtempSync(join(tmpdir(), 'btr-synth-'));
  try {
    const app = new App({ context: { ...cdkJson.context, ...context }, outdir, analyticsReporting: false });
    const stack = new ChannelStack(app, readSettings(app.node.getAllContext()));
    const template = Template.fromStack(stack);
    const { Resources: resources, Outputs: outputs } = template.toJSON();
    return { stackName: stack.stackName, template, resources, outputs };
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

/** The value with Ref, Fn::GetAtt and Fn::Join replaced by what a deployment in `region` and `account` would give. */
export function resolve(value: unknown, resources: Record<string, Resource>): unknown {
  if (Array.isArray(value)) return value.map((item) => resolve(item, resources));
  if (!isRecord(value)) return value;
  if ('Ref' in value) return reference(value.Ref, resources);
  const attribute = value['Fn::GetAtt'];
  if (Array.isArray(attribute) && attribute[1] === 'Arn') return arn(attribute[0], resources);
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
  const { type, physical } = lookUp(name, resources);
  return type === 'AWS::SQS::Queue' ? `https://sqs.${region}.amazonaws.com/${account}/${physical}` : physical;
}

function arn(name: unknown, resources: Record<string, Resource>): string {
  const { type, physical } = lookUp(name, resources);
  if (type === 'AWS::SQS::Queue') return `arn:aws:sqs:${region}:${account}:${physical}`;
  if (type === 'AWS::IAM::User') return `arn:aws:iam::${account}:user/${physical}`;
  if (type === 'AWS::S3::Bucket') return `arn:aws:s3:::${physical}`;
  throw new Error(`no ARN known for ${type}`);
}

function lookUp(name: unknown, resources: Record<string, Resource>): { type: string; physical: string } {
  const resource = resources[String(name)];
  if (resource === undefined) throw new Error(`the template has no ${String(name)}`);
  const { QueueName, BucketName, UserName, RoleName } = resource.Properties;
  const physical = QueueName ?? BucketName ?? UserName ?? RoleName ?? 'made-up-bucket';
  return { type: resource.Type, physical: String(physical) };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
