/** Deploying and destroying a channel's stack: what its owner's home and the owner's AWS account have to say to it. */
import { parseAwsAddress, queueName } from '../drops/aws/address.ts';
import { assertDeletable } from '../drops/aws/deployable.ts';
import { emptyBucket } from '../drops/aws/empty-bucket.ts';
import { deleteAccessKey, listAccessKeys } from '../drops/aws/keys.ts';
import { parseOutputs } from '../drops/aws/outputs.ts';
import { describeOwner, type Owner } from '../drops/aws/owner.ts';
import { findStackOf, type StackState } from '../drops/aws/stack.ts';
import { deleteStack, describeHoldings, type StackHoldings } from '../drops/aws/teardown.ts';
import { countWaiting } from '../drops/aws/waiting.ts';
import { DropError, SetupError, UsageError } from '../errors.ts';
import type { ChannelInfo } from './channel-info.ts';
import type { Messenger } from './messenger.ts';

export { assertDeployable, assertIdle } from '../drops/aws/deployable.ts';
export { monthlyEstimate } from '../drops/aws/estimate.ts';
export { describeOwner, type Owner } from '../drops/aws/owner.ts';
export { listPrices, totalOf } from '../drops/aws/prices.ts';
export { describeStack } from '../drops/aws/stack.ts';

/** The channel of this home that goes over these two queues (names), if there is one. */
export function channelOver(messenger: Messenger, queues: readonly string[]): ChannelInfo | undefined {
  return messenger.channels().find(({ drop }) => {
    if (drop.kind !== 'aws') return false;
    return Object.values(parseAwsAddress(drop).queues).every((queue) => queues.includes(queueName(queue)));
  });
}

/**
 * Queues of the same names in another account or region are others. @throws SetupError with code `other-place`.
 */
export function assertSamePlace({ name, drop }: ChannelInfo, owner: Owner): void {
  const { region = owner.region, account = owner.account } = parseAwsAddress(drop);
  if (region === owner.region && account === owner.account) return;
  throw new SetupError(`Channel ${name} goes over queues of these names in account ${account}, region ${region}.`, {
    code: 'other-place',
    hint: `Here it would be account ${owner.account}, region ${owner.region}. Take that profile and --region, or other names with --prefix NAME.`,
  });
}

/** Whether the stack of these outputs was made after the channel: its bucket has another name each time. */
export function isNewerStack({ role, drop }: ChannelInfo, outputs: string): boolean {
  return parseAwsAddress(drop).bucket !== parseOutputs(outputs, { buddy: role }).bucket;
}

/** A stack that is to go, with what is in its way. */
export interface Doomed {
  readonly owner: Owner;
  readonly stack: StackState;
  readonly holdings: StackHoldings;
}

/**
 * Finds the stack of a channel by its queues. @throws UsageError `not-deployed` for a drop of another kind; SetupError
 * `other-account`, `no-such-stack`, `stack-protected`; DropError.
 */
export async function findDoomed({ name, drop }: ChannelInfo, signal: AbortSignal): Promise<Doomed> {
  if (drop.kind !== 'aws') {
    throw new UsageError(`Channel ${name} goes over no stack of AWS.`, {
      code: 'not-deployed',
      hint: `To forget the channel: btr channel remove ${name}`,
    });
  }
  const { region, account, queues } = parseAwsAddress(drop);
  const owner = await describeOwner({ region, signal });
  if (account !== undefined && account !== owner.account) {
    throw new SetupError(
      `The stack of channel ${name} is in account ${account}; these credentials are of account ${owner.account}.`,
      { code: 'other-account', hint: 'Take the profile of the owner: AWS_PROFILE=NAME' },
    );
  }
  const options = { region: owner.region, signal };
  const stack = await findStackOf(queues, options);
  if (stack === undefined) {
    throw new SetupError(
      `No stack of btr in account ${owner.account}, region ${owner.region}, holds the queues of channel ${name}.`,
      {
        code: 'no-such-stack',
        hint: `It is gone already, or the queues were made by other means. To forget the channel: btr channel remove ${name}`,
      },
    );
  }
  assertDeletable(stack);
  return { owner, stack, holdings: await describeHoldings(stack.name, options) };
}

/** About how many envelopes of this home wait in the drop for the buddy. @throws DropError. */
export function waitingForBuddy({ role, drop }: ChannelInfo, signal: AbortSignal): Promise<number> {
  return countWaiting(parseAwsAddress(drop), role, { signal });
}

interface Destroyed {
  /** Ids. */
  readonly keys: readonly string[];
  readonly objects: number;
  readonly uploads: number;
}

/**
 * Deletes the stack with all that is in its way: the users' access keys and what the bucket holds, unless the bucket
 * stays. It may be run again after one that was cut. @param onStep called before each step. @throws DropError.
 */
export async function destroyStack(
  { role, drop }: ChannelInfo,
  { owner, stack, holdings: { users, bucket } }: Doomed,
  onStep: (text: string) => void,
  signal: AbortSignal,
): Promise<Destroyed> {
  const place = parseAwsAddress(drop);
  const keys: string[] = [];
  const deleteKeys = async (user: string) => {
    for (const { id } of await listAccessKeys(user, { place, signal }).catch(noneOfNobody)) {
      onStep(`Deleting access key ${id} of ${user}`);
      await deleteAccessKey(id, { place, user, signal });
      keys.push(id);
    }
  };
  const own = place.users?.[role];
  // Nobody else is to put anything there any more; this home's own key may be needed until nothing is left to do.
  for (const user of users) if (user !== own) await deleteKeys(user);
  let emptied = { objects: 0, uploads: 0 };
  if (bucket?.isRetained) onStep(`The bucket ${bucket.name} stays, with what it holds: the stack says so`);
  else if (bucket) {
    onStep(`Emptying the bucket ${bucket.name}`);
    emptied = await emptyBucket(place, bucket.name, signal);
  }
  for (const user of users) if (user === own) await deleteKeys(user);
  onStep(`Deleting the stack ${stack.name}`);
  await deleteStack(stack.name, { region: owner.region, signal });
  return { keys, ...emptied };
}

/** A user that is gone, by hand or by a deletion that is under way, has no keys. */
function noneOfNobody(error: unknown): [] {
  if (error instanceof DropError && error.code === 'no-such-user') return [];
  throw error;
}
