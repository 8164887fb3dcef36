/**
 * Least privilege, in full: who may do what on what. Whatever is not said here is refused, and the matrix holds every
 * principal, action and resource against it.
 */
import type { Cell } from './cells.ts';
import { parcel } from './inventory.ts';

type Grant = readonly [who: string, actions: string, ...on: string[]];

const buddies: readonly Grant[] = [
  ...buddy('user/Btr-alice-bob-alice', 'alice-bob', 'a'),
  ...buddy('user/Btr-alice-bob-bob', 'alice-bob', 'b'),
  ...buddy('user/Btr-erin-frank-erin', 'erin-frank', 'a'),
  ...buddy('role/Btr-erin-frank-frank', 'erin-frank', 'b'),
  ['frank elsewhere', 'sts:AssumeRole', 'role/Btr-erin-frank-frank'],
  // allowSwap: on a test stack each may take either side.
  ...buddy('user/Btr-grace-heidi-grace', 'grace-heidi', 'a'),
  ...buddy('user/Btr-grace-heidi-grace', 'grace-heidi', 'b'),
  ...buddy('user/Btr-grace-heidi-heidi', 'grace-heidi', 'a'),
  ...buddy('user/Btr-grace-heidi-heidi', 'grace-heidi', 'b'),
];

const [expire, bucket] = ['role/Btr-alice-bob--expire', 'btr-alice-bob'];

const functions: readonly Grant[] = [
  // It lists below a role, never the whole bucket.
  [expire, 's3:ListBucket', `${bucket}?prefix=a/`, `${bucket}?prefix=a/${parcel.slice(0, 13)}/`, `${bucket}?prefix=b/`],
  [expire, 's3:ListBucketMultipartUploads', bucket],
  [expire, 's3:DeleteObject s3:AbortMultipartUpload', `${bucket}/a/${parcel}`, `${bucket}/b/${parcel}`],
  [expire, 'logs:CreateLogStream logs:PutLogEvents', 'log-group:/aws/lambda/Btr-alice-bob--expire:log-stream:stream'],
  ['lambda', 'sts:AssumeRole', expire],
  ['the schedule', 'lambda:InvokeFunction', 'function:Btr-alice-bob--expire'],
  ['alarms', 'sns:Publish', 'Btr-erin-frank--alarms'],
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
  [...buddies, ...functions].flatMap(([who, actions, ...on]) =>
    actions.split(' ').flatMap((action) => on.map((resource) => `${who} ${action} ${resource}`)),
  ),
);

export function shouldBeAllowed(cell: Cell): boolean {
  const { who, tls, action, on } = cell;
  // AWS asks for no permission here (STS API Reference, "GetCallerIdentity").
  if (action === 'sts:GetCallerIdentity') return who !== 'nobody';
  if (!tls && refusesPlainText(cell)) return false;
  // The account's owner is never locked out, save of roles that are for others.
  if (who === 'admin') return !(action.startsWith('sts:') && on.startsWith('role/Btr-'));
  return granted.has(`${who} ${action} ${on}`);
}

/** Queues and buckets of ours whatever is asked; topics where something is told. */
function refusesPlainText({ action, on }: Cell): boolean {
  return /^btr-/i.test(on) && (!action.startsWith('sns:') || action === 'sns:Publish');
}
