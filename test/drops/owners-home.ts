/** The home of a stack's owner, and what its tests of keys share. */
import type { AwsAddress } from '../../client/drops/aws/index.ts';
import type { Clock } from '../../client/drops/aws/new-key.ts';
import { type IamOptions, startIam } from '../tools/iam.ts';
import { bare, withVariables } from './variables.ts';

export const bob = 'Btr-alice-bob-bob';
export const owner = 'OWNEROWNEROWNERS';
export const place: AwsAddress = {
  kind: 'aws',
  queues: { 'a-to-b': 'ab.fifo', 'b-to-a': 'ba.fifo' },
  region: 'eu-central-1',
  users: { b: bob },
};

/** IAM, and the owner's credentials and nothing else in the environment. */
export async function ownersHome(options: IamOptions = {}) {
  const iam = await startIam(options);
  const variables = withVariables({
    ...bare,
    AWS_ACCESS_KEY_ID: owner,
    AWS_SECRET_ACCESS_KEY: 'not-a-secret',
    AWS_ENDPOINT_URL_IAM: iam.url,
  });
  return {
    iam,
    async [Symbol.asyncDispose]() {
      variables[Symbol.dispose]();
      await iam.close();
    },
  };
}

/** Time passes only by sleeping. */
export function virtualClock(): Clock & { slept: number[] } {
  const slept: number[] = [];
  return {
    slept,
    now: () => slept.reduce((sum, one) => sum + one, 0),
    sleep: async (milliseconds, signal) => {
      signal?.throwIfAborted();
      slept.push(milliseconds);
    },
  };
}
