/** Deployed stacks, for their owner (AWS CloudFormation API Reference, "DescribeStacks", "DescribeStackEvents"). */
import {
  CloudFormationClient,
  DescribeStacksCommand,
  paginateDescribeStacks,
  type Stack,
} from '@aws-sdk/client-cloudformation';
import { BtrError, SetupError } from '../../errors.ts';
import type { Direction, Role } from '../../protocol/roles.ts';
import { queueName } from './address.ts';
import { guarded } from './calls.ts';
import { type ClientOutput, chooseOutput } from './outputs.ts';
import { type OwnerOptions, ownerCall, ownerConfig } from './owner.ts';

export interface StackState {
  readonly name: string;
  /** As CloudFormation names it, such as `CREATE_COMPLETE`. */
  readonly status: string;
  /** Somebody said that it is not to be deleted. */
  readonly isProtected?: true;
  /** Values by key. */
  readonly outputs: Readonly<Record<string, string>>;
}

/** Undefined where there is no such stack. @throws DropError. */
export function describeStack(name: string, options: OwnerOptions = {}): Promise<StackState | undefined> {
  return withStacks(options, async (client) => {
    const found = await guarded(attemptOn(`stack ${name}`), options.signal, async () => {
      try {
        return await client.send(new DescribeStacksCommand({ StackName: name }), ownerCall(options));
      } catch (error) {
        // CloudFormation has no code of its own for this.
        if (error instanceof Error && /does not exist/.test(error.message)) return undefined;
        throw error;
      }
    });
    return found?.Stacks?.map(stateOf)[0];
  });
}

/** Output values by key. @throws DropError; SetupError where there is no such stack. */
export async function describeOutputs(stack: string): Promise<Readonly<Record<string, string>>> {
  const found = await describeStack(stack);
  if (found !== undefined) return found.outputs;
  throw new SetupError(`There is no stack ${stack} in this account and region.`, {
    code: 'no-such-stack',
    hint: 'Look at AWS_PROFILE and AWS_REGION, or deploy it: npx cdk deploy -c buddies=alice,bob',
  });
}

/**
 * The stack that made these queues (names or URLs). Its outputs tell, so that a stack of another make that holds them
 * among other things is not found. @throws DropError.
 */
export function findStackOf(
  queues: Readonly<Record<Direction, string>>,
  options: OwnerOptions,
): Promise<StackState | undefined> {
  return withStacks(options, async (client) => {
    const pages = paginateDescribeStacks({ client }, {}, ownerCall(options));
    return guarded(attemptOn('the stacks of this account'), options.signal, async () => {
      for await (const { Stacks = [] } of pages) {
        const found = Stacks.map(stateOf).find((stack) => outputsOf(stack).some((output) => hasQueues(output, queues)));
        if (found !== undefined) return found;
      }
      return undefined;
    });
  });
}

/** What the stack says to each side, of which a removed buddy's is missing; nothing where it is no stack of a channel. */
export function outputsOf(stack: StackState): ClientOutput[] {
  return (['a', 'b'] as const).flatMap((role) => outputOf(stack, role) ?? []);
}

function outputOf({ name, outputs }: StackState, role: Role): ClientOutput | undefined {
  try {
    const output = chooseOutput(outputs, { buddy: role });
    return output.stack === name ? output : undefined;
  } catch (error) {
    if (error instanceof BtrError) return undefined;
    throw error;
  }
}

function hasQueues(output: ClientOutput, queues: Readonly<Record<Direction, string>>): boolean {
  const directions = ['a-to-b', 'b-to-a'] as const;
  return directions.every((one) => queueName(output.queues[one]) === queueName(queues[one]));
}

function attemptOn(resource: string) {
  return { action: 'cloudformation:DescribeStacks', resource };
}

async function withStacks<T>(options: OwnerOptions, run: (client: CloudFormationClient) => Promise<T>): Promise<T> {
  const client = new CloudFormationClient(ownerConfig(options));
  try {
    return await run(client);
  } finally {
    client.destroy();
  }
}

function stateOf({ StackName = '', StackStatus, Outputs = [], EnableTerminationProtection }: Stack): StackState {
  const outputs = Outputs.map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]);
  return {
    name: StackName,
    status: StackStatus ?? '',
    outputs: Object.fromEntries(outputs),
    ...(EnableTerminationProtection && { isProtected: true }),
  };
}
