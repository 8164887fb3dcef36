/** What a request asks for, as policies name it: action, resource and condition keys of SQS, S3 and IAM. */
import { objectOf, s3Action } from '../../../client/cloud/s3-guard.ts';
import { account, region } from '../../synth/template.ts';
import { userArn } from './policies.ts';
import { Refusal, type Service } from './refusal.ts';
import type { WireRequest } from './signature.ts';

export interface Need {
  readonly action: string;
  readonly resource: string;
  readonly context: Readonly<Record<string, string>>;
}

/** @param own the signer's own ARN: IAM takes it where a request names no user. */
export function needsOf(service: Service, request: WireRequest, own: string): readonly Need[] {
  if (service === 'sqs') return [queueNeed(request)];
  return service === 'iam' ? [iamNeed(request, own)] : bucketNeeds(request);
}

export function serviceOf(headers: WireRequest['headers']): Service {
  if (headers['x-amz-target'] !== undefined) return 'sqs';
  return headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true ? 'iam' : 's3';
}

/** A batch needs the right to its single action (Amazon SQS Developer Guide, "Amazon SQS API permissions"). */
function queueNeed({ headers, body }: WireRequest): Need {
  const operation = String(headers['x-amz-target']).replace(/^AmazonSQS\./, '');
  const queue = queueNameOf(JSON.parse(body.toString()));
  if (queue === undefined) throw new Refusal('not-implemented', `${operation} names no queue.`);
  const resource = `arn:aws:sqs:${region}:${account}:${queue}`;
  return { action: `sqs:${operation.replace(/Batch$/, '')}`, resource, context: {} };
}

export function queueNameOf(input: object): string | undefined {
  if ('QueueUrl' in input) return String(input.QueueUrl).replace(/.*\//, '');
  return 'QueueName' in input ? String(input.QueueName) : undefined;
}

function iamNeed({ body }: WireRequest, own: string): Need {
  const parameters = new URLSearchParams(body.toString());
  const user = parameters.get('UserName');
  return { action: `iam:${parameters.get('Action')}`, resource: user === null ? own : userArn(user), context: {} };
}

/** Amazon S3 User Guide, "Required permissions for Amazon S3 API operations". */
const objectActions: Readonly<Partial<Record<string, string>>> = {
  CreateMultipartUpload: 'PutObject',
  UploadPart: 'PutObject',
  CompleteMultipartUpload: 'PutObject',
  PutObject: 'PutObject',
  AbortMultipartUpload: 'AbortMultipartUpload',
  GetObject: 'GetObject',
  HeadObject: 'GetObject',
  DeleteObject: 'DeleteObject',
};

const bucketActions: Readonly<Partial<Record<string, string>>> = {
  HeadBucket: 'ListBucket',
  ListObjects: 'ListBucket',
  ListMultipartUploads: 'ListBucketMultipartUploads',
};

function bucketNeeds({ method, url, body }: WireRequest): readonly Need[] {
  const operation = s3Action(method, url);
  const object = objectOf(url);
  const { pathname, searchParams } = new URL(url, 'http://path.only');
  const bucket = `arn:aws:s3:::${object?.bucket ?? pathname.split('/')[1]}`;
  if (operation === 'DeleteObjects') {
    const keys = [...body.toString().matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key]) => key);
    return keys.map((key) => ({ action: 's3:DeleteObject', resource: `${bucket}/${key}`, context: {} }));
  }
  const action = (object === undefined ? bucketActions : objectActions)[operation];
  if (action === undefined) throw new Refusal('not-implemented', `${operation} is not understood here.`);
  if (object !== undefined) return [{ action: `s3:${action}`, resource: `${bucket}/${object.key}`, context: {} }];
  const prefix = searchParams.get('prefix');
  return [{ action: `s3:${action}`, resource: bucket, context: prefix === null ? {} : { 's3:prefix': prefix } }];
}
