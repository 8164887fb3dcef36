/** Where a deployed stack's drop is, and which side of it is whose: from its outputs. */

import { type ClientOutput, chooseOutput, parseOutputs } from '../drops/aws/outputs.ts';
import type { DropAddress } from '../drops/registry.ts';
import type { Role } from '../protocol/roles.ts';

interface StackPlace {
  readonly role: Role;
  readonly drop: DropAddress;
}

/** @param text what `cdk deploy --outputs-file` wrote. @param buddy a, b or the person's name in the stack. */
export function placeFromOutputs(text: string, buddy: string): StackPlace {
  return placeOf(parseOutputs(text, { buddy }));
}

/** Reads CloudFormation with the owner's credentials. @throws DropError. */
export async function placeFromStack(stack: string, buddy: string): Promise<StackPlace> {
  const { describeOutputs } = await import('../drops/aws/stack.ts');
  return placeOf(chooseOutput(await describeOutputs(stack), { buddy }));
}

function placeOf({ role, queues, bucket, region, account, users }: ClientOutput): StackPlace {
  return { role, drop: { kind: 'aws', queues, bucket, region, account, ...(users && { users }) } };
}
