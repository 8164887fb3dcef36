/** The outputs of a channel's stack, as CloudFormation tells them. */
import type { AwsAddress } from '../../client/drops/aws/address.ts';

interface Place extends Pick<AwsAddress, 'queues'> {
  readonly bucket?: string;
  readonly region?: string;
  readonly account?: string;
}

/** Of a stack `Btr-alice-bob` or another, for two people with IAM users. */
export function stackOutputs(
  place: Place,
  stack = 'Btr-alice-bob',
  { a, b }: { readonly a: string; readonly b: string } = { a: 'alice', b: 'bob' },
): Record<string, string> {
  const { queues, bucket = 'made-up-bucket', region = 'eu-central-1', account = '000000000000' } = place;
  const users = { a: `${stack}-${a}`, b: `${stack}-${b}` };
  const told = (buddy: string, role: 'a' | 'b') =>
    JSON.stringify({ btr: 1, stack, buddy, role, region, account, queues, bucket, users });
  return { ClientA: told(a, 'a'), ClientB: told(b, 'b') };
}
