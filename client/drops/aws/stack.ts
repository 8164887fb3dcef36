/** The outputs of a deployed stack, for its owner (AWS CloudFormation API Reference, "DescribeStacks"). */
import { CloudFormationClient, DescribeStacksCommand, type Stack } from '@aws-sdk/client-cloudformation';
import { SetupError } from '../../errors.ts';
import { guarded } from './calls.ts';

/** Output values by key. @throws DropError; SetupError where there is no such stack. */
export async function describeOutputs(stack: string): Promise<Record<string, string>> {
  const client = new CloudFormationClient({ maxAttempts: 3 });
  try {
    const attempt = { action: 'cloudformation:DescribeStacks', resource: `stack ${stack}` };
    const found = await guarded(attempt, undefined, () => describe(client, stack));
    if (!found) throw noSuchStack(stack);
    return Object.fromEntries(
      (found.Outputs ?? []).map(({ OutputKey, OutputValue }) => [OutputKey ?? '', OutputValue ?? '']),
    );
  } finally {
    client.destroy();
  }
}

async function describe(client: CloudFormationClient, stack: string): Promise<Stack | undefined> {
  try {
    return (await client.send(new DescribeStacksCommand({ StackName: stack }))).Stacks?.[0];
  } catch (error) {
    // CloudFormation has no code of its own for this.
    if (error instanceof Error && /does not exist/.test(error.message)) return undefined;
    throw error;
  }
}

function noSuchStack(stack: string): SetupError {
  return new SetupError(`There is no stack ${stack} in this account and region.`, {
    code: 'no-such-stack',
    hint: 'Look at AWS_PROFILE and AWS_REGION, or deploy it: npx cdk deploy -c buddies=alice,bob',
  });
}
