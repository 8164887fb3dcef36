/** Whether a stack can be deployed, or deleted, as CloudFormation has it now ("Understand stack creation events", "Stack status codes"). */
import { DropError, SetupError, UsageError } from '../../errors.ts';
import type { Role } from '../../protocol/roles.ts';
import { outputsOf, type StackState } from './stack.ts';

/** Left by somebody who looked at changes and did not make them: there is no stack behind it. */
const LOOKED_AT = 'REVIEW_IN_PROGRESS';
const FAILED_FIRST = ['CREATE_FAILED', 'ROLLBACK_COMPLETE', 'ROLLBACK_FAILED'];

/**
 * Answers whether the stack is there already. @param buddies whom it is to be for, by role.
 * @throws DropError `stack-busy`; SetupError `stack-failed`, `stack-half-deleted`, `stack-stuck`; UsageError
 * `foreign-stack` where it is another pair's, or none of a channel.
 */
export function assertDeployable(
  stack: StackState | undefined,
  buddies: Readonly<Record<Role, string>>,
): stack is StackState {
  if (stack === undefined || stack.status === LOOKED_AT) return false;
  assertIdle(stack);
  assertWhole(stack);
  assertOwn(stack, buddies);
  return true;
}

/** @throws DropError `stack-busy`. */
export function assertIdle({ name, status }: StackState): void {
  if (!status.endsWith('_IN_PROGRESS') || status === LOOKED_AT) return;
  throw new DropError(`The stack ${name} is being changed right now (${status}).`, {
    code: 'stack-busy',
    hint: 'Wait until that has ended, then run the same command again.',
    retryable: true,
  });
}

/** A deletion may be gone on with. @throws SetupError `stack-protected`; DropError `stack-busy`. */
export function assertDeletable(stack: StackState): void {
  if (!stack.status.startsWith('DELETE_')) assertIdle(stack);
  if (!stack.isProtected) return;
  throw new SetupError(`The stack ${stack.name} is protected against deletion.`, {
    code: 'stack-protected',
    hint: `Nothing was deleted. To allow it: aws cloudformation update-termination-protection --no-enable-termination-protection --stack-name ${stack.name}`,
  });
}

function assertWhole({ name, status }: StackState): void {
  const events = `See why: aws cloudformation describe-stack-events --stack-name ${name}`;
  const remove = `aws cloudformation delete-stack --stack-name ${name}`;
  if (FAILED_FIRST.includes(status)) {
    throw new SetupError(`The first deployment of ${name} failed (${status}); CloudFormation can't go on from there.`, {
      code: 'stack-failed',
      hint: `${events}. Then remove what is left, and run this again: ${remove}`,
    });
  }
  if (status === 'DELETE_FAILED') {
    throw new SetupError(`The stack ${name} was to be deleted, and that did not succeed (${status}).`, {
      code: 'stack-half-deleted',
      hint: `${events}. Finish it with btr destroy, or: ${remove}`,
    });
  }
  if (status === 'UPDATE_ROLLBACK_FAILED') {
    throw new SetupError(`A change of ${name} failed, and so did taking it back (${status}).`, {
      code: 'stack-stuck',
      hint: `${events}. Then: aws cloudformation continue-update-rollback --stack-name ${name}`,
    });
  }
}

function assertOwn(stack: StackState, buddies: Readonly<Record<Role, string>>): void {
  const found = outputsOf(stack);
  if (found.length > 0 && found.every(({ role, buddy }) => buddy === buddies[role])) return;
  const whose = found.map(({ role, buddy }) => `${buddy} (role ${role})`).join(' and ');
  throw new UsageError(
    found.length > 0
      ? `The stack ${stack.name} is there already, for ${whose}, not for ${buddies.a} and ${buddies.b}.`
      : `A stack ${stack.name} is there already, and it is not one of btr.`,
    { code: 'foreign-stack', hint: 'Nothing was changed. Take another beginning of its name with --prefix NAME.' },
  );
}
