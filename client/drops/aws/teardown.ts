/** Taking a deployed stack away with the rights of its owner. Every step may be run again after one that was cut. */
import {
  CloudFormationClient,
  DeleteStackCommand,
  DescribeStackResourcesCommand,
  GetTemplateCommand,
  paginateDescribeStackEvents,
  type StackEvent,
  waitUntilStackDeleteComplete,
} from '@aws-sdk/client-cloudformation';
import { DropError } from '../../errors.ts';
import { guarded } from './calls.ts';
import { type OwnerOptions, ownerCall, ownerConfig } from './owner.ts';
import { describeStack } from './stack.ts';

/** What has to go before CloudFormation can delete the stack, and what it leaves. */
export interface StackHoldings {
  /** Names of IAM users: AWS deletes none that still has an access key. */
  readonly users: readonly string[];
  /** AWS deletes no bucket that still holds something. Absent: it is gone. */
  readonly bucket?: { readonly name: string; readonly isRetained: boolean };
}

/** @throws DropError. */
export function describeHoldings(stack: string, options: OwnerOptions): Promise<StackHoldings> {
  return withClient(options, async (client) => {
    const call = ownerCall(options);
    const named = { StackName: stack };
    const { StackResources = [] } = await guarded(attemptOn('DescribeStackResources', stack), options.signal, () =>
      client.send(new DescribeStackResourcesCommand(named), call),
    );
    const there = StackResources.filter(({ ResourceStatus }) => ResourceStatus !== 'DELETE_COMPLETE');
    const physical = (type: string) =>
      there.flatMap(({ ResourceType, LogicalResourceId = '', PhysicalResourceId: name }) =>
        ResourceType === type && name ? [{ id: LogicalResourceId, name }] : [],
      );
    const users = physical('AWS::IAM::User').map(({ name }) => name);
    const [bucket] = physical('AWS::S3::Bucket');
    if (bucket === undefined) return { users };
    const { TemplateBody = '' } = await guarded(attemptOn('GetTemplate', stack), options.signal, () =>
      client.send(new GetTemplateCommand(named), call),
    );
    const template: Template = JSON.parse(TemplateBody);
    const isRetained = template.Resources?.[bucket.id]?.DeletionPolicy === 'Retain';
    return { users, bucket: { name: bucket.name, isRetained } };
  });
}

interface Template {
  readonly Resources?: Readonly<Record<string, { readonly DeletionPolicy?: unknown }>>;
}

/** The longest that deleting may take, in seconds, and the pauses between two looks. */
const WAIT = { maxWaitTime: 3600, minDelay: 1, maxDelay: 10 };

/**
 * Deletes the stack and waits until it is gone. CloudFormation does it by itself: no template has to be made for it,
 * so this works also where the CDK app is not at hand or has changed since.
 *
 * @throws DropError `stack-not-deleted`, which names each resource that could not be deleted and why.
 */
export function deleteStack(name: string, options: OwnerOptions): Promise<void> {
  return withClient(options, async (client) => {
    const { signal } = options;
    await guarded(attemptOn('DeleteStack', name), signal, () =>
      client.send(new DeleteStackCommand({ StackName: name }), ownerCall(options)),
    );
    try {
      const waiter = { client, ...WAIT, ...(signal ? { abortSignal: signal } : {}) };
      await waitUntilStackDeleteComplete(waiter, { StackName: name });
    } catch (error) {
      signal?.throwIfAborted();
      const left = await describeStack(name, options);
      if (left === undefined) return;
      throw new DropError(
        `CloudFormation could not delete the stack ${name} (${left.status}).${await reasons(client, name, options)}`,
        {
          code: 'stack-not-deleted',
          hint: 'Mend what is named, then run the same command again: it goes on from there.',
          retryable: false,
          cause: error,
        },
      );
    }
  });
}

/** What stood in the way of the last deletion, a sentence for each resource. */
async function reasons(client: CloudFormationClient, stack: string, options: OwnerOptions): Promise<string> {
  const said: string[] = [];
  const pages = paginateDescribeStackEvents({ client }, { StackName: stack }, ownerCall(options));
  return guarded(attemptOn('DescribeStackEvents', stack), options.signal, async () => {
    // The newest comes first.
    for await (const { StackEvents = [] } of pages) {
      for (const event of StackEvents) {
        if (isBegin(event, stack)) return said.join('');
        if (event.ResourceStatus !== 'DELETE_FAILED' || isStack(event)) continue;
        const { ResourceType, PhysicalResourceId, LogicalResourceId, ResourceStatusReason } = event;
        said.push(
          ` ${ResourceType} ${PhysicalResourceId || LogicalResourceId}: ${ResourceStatusReason ?? 'no reason'}`,
        );
      }
    }
    return said.join('');
  });
}

function isStack({ ResourceType }: StackEvent): boolean {
  return ResourceType === 'AWS::CloudFormation::Stack';
}

function isBegin(event: StackEvent, stack: string): boolean {
  return isStack(event) && event.LogicalResourceId === stack && event.ResourceStatus === 'DELETE_IN_PROGRESS';
}

function attemptOn(action: string, stack: string) {
  return { action: `cloudformation:${action}`, resource: `stack ${stack}` };
}

async function withClient<T>(options: OwnerOptions, run: (client: CloudFormationClient) => Promise<T>): Promise<T> {
  const client = new CloudFormationClient(ownerConfig(options));
  try {
    return await run(client);
  } finally {
    client.destroy();
  }
}
