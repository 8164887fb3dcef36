/**
 * Least privilege, in full: who may do what on what. Whatever is not said here is refused, and the matrix holds every
 * principal, action and resource against it.
 */
import type { Cell } from './cells.ts';
import { parcel } from './inventory.ts';

type Grant = readonly [who: string, actions: string, ...on: string[]];

const grants: readonly Grant[] = [
  ...buddy('user/Btr-alice-bob-alice', 'alice-bob', 'a'),
  ...buddy('user/Btr-alice-bob-bob', 'alice-bob', 'b'),
  ...buddy('user/Btr-carol-dave-carol', 'carol-dave', 'a'),
  ...buddy('user/Btr-carol-dave-dave', 'carol-dave', 'b'),
  ...buddy('user/Btr-erin-frank-erin', 'erin-frank', 'a'),
  ...buddy('role/Btr-erin-frank-frank', 'erin-frank', 'b'),
  ['frank elsewhere', 'sts:AssumeRole', 'role/Btr-erin-frank-frank'],
  // allowSwap: on a test stack each may take either side.
  ...buddy('user/Btr-grace-heidi-grace', 'grace-heidi', 'a'),
  ...buddy('user/Btr-grace-heidi-grace', 'grace-heidi', 'b'),
  ...buddy('user/Btr-grace-heidi-heidi', 'grace-heidi', 'a'),
  ...buddy('user/Btr-grace-heidi-heidi', 'grace-heidi', 'b'),
];

function buddy(who: string, channel: string, side: 'a' | 'b'): readonly Grant[] {
  const other = side === 'a' ? 'b' : 'a';
  const [outgoing, incoming] = [`Btr-${channel}-${side}-to-${other}.fifo`, `Btr-${channel}-${other}-to-${side}.fifo`];
  return [
    [who, 'sqs:SendMessage', outgoing],
    [who, 'sqs:ReceiveMessage sqs:DeleteMessage sqs:ChangeMessageVisibility', incoming],
    [who, 'sqs:GetQueueUrl sqs:GetQueueAttributes', outgoing, incoming],
    [who, 's3:PutObject s3:AbortMultipartUpload s3:DeleteObject', `btr-${channel}/${side}/${parcel}`],
    [who, 's3:GetObject s3:DeleteObject', `btr-${channel}/${other}/${parcel}`],
    // Only a user has keys; there is no such right on a role.
    [who, 'iam:DeleteAccessKey', who],
  ];
}

const granted = new Set(
  grants.flatMap(([who, actions, ...on]) =>
    actions.split(' ').flatMap((action) => on.map((resource) => `${who} ${action} ${resource}`)),
  ),
);

export function shouldBeAllowed({ who, tls, action, on }: Cell): boolean {
  // AWS asks for no permission here (STS API Reference, "GetCallerIdentity").
  if (action === 'sts:GetCallerIdentity') return who !== 'nobody';
  if (!tls && refusesPlainText(on)) return false;
  // The account's owner is never locked out, save of roles that are for others.
  if (who === 'admin') return !(action.startsWith('sts:') && on.startsWith('role/Btr-'));
  return granted.has(`${who} ${action} ${on}`);
}

/** Queues, buckets and topics of ours. IAM and STS can't be reached without TLS at all, whatever policies say. */
function refusesPlainText(on: string): boolean {
  return /^btr-/i.test(on);
}
