import {
  ArnPrincipal,
  CompositePrincipal,
  Role as IamRole,
  type IPrincipal,
  ManagedPolicy,
  PolicyStatement,
  User,
} from 'aws-cdk-lib/aws-iam';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { type Direction, directionFrom, directionTo, otherRole, type Role } from '../../client/protocol/roles.ts';
import { acknowledgePatterns } from './acknowledge.ts';

export interface BuddyAccessProps {
  readonly buddy: string;
  /** The sides of the channel this buddy may take: one, or on a test stack both. */
  readonly roles: readonly Role[];
  readonly queues: Readonly<Record<Direction, IQueue>>;
  readonly bucket: Bucket;
  readonly policyName: string;
  /** Name of the IAM user or role. */
  readonly principalName: string;
  /** ARNs of who may assume the role. Empty: there is an IAM user in its place. */
  readonly principals: readonly string[];
}

/**
 * What one buddy may do, as a managed policy, and who may do it: an IAM user, or a role for given principals.
 *
 * The user has no access key here: a key in a template would be a secret in CloudFormation. `btr invite --with-key`
 * makes one, which travels in an invite; so that it can be replaced by another that no invite ever held, a user may
 * delete its own keys. Not make them, nor list them: who steals a key can't get a second one by it.
 */
export class BuddyAccess extends Construct {
  readonly policy: ManagedPolicy;

  constructor(scope: Construct, id: string, props: BuddyAccessProps) {
    super(scope, id);
    this.policy = new ManagedPolicy(this, 'Policy', {
      managedPolicyName: props.policyName,
      description: `What ${props.buddy} may do in this channel: send one way, receive the other way, pass files.`,
      statements: channelStatements(props),
    });
    acknowledgePatterns(
      this.policy,
      props.bucket,
      ['a/*', 'b/*'],
      "Keys of parcels are random below the role of who puts them, so a policy can name a role's parcels and no single one.",
    );
    const { principalName, principals } = props;
    if (principals.length === 0) {
      const user = new User(this, 'User', { userName: principalName });
      this.policy.addStatements(removeOwnKeys(user));
      this.policy.attachToUser(user);
    } else {
      this.policy.attachToRole(new IamRole(this, 'Role', { roleName: principalName, assumedBy: anyOf(principals) }));
    }
  }
}

function removeOwnKeys(user: User): PolicyStatement {
  return new PolicyStatement({ sid: 'RemoveOwnKeys', actions: ['iam:DeleteAccessKey'], resources: [user.userArn] });
}

function anyOf(arns: readonly string[]): IPrincipal {
  return new CompositePrincipal(...arns.map((arn) => new ArnPrincipal(arn)));
}

/**
 * Nothing but what the client calls, on nothing but what this side of the channel touches: no listing, no purge, no
 * change of settings. Own parcels can be put and taken back but not read; the other's can be read and removed. What
 * follows a role in a parcel's key is random, so a role's parcels are named together, by the only wildcard there is.
 */
function channelStatements(props: Pick<BuddyAccessProps, 'roles' | 'queues' | 'bucket'>): PolicyStatement[] {
  const { roles, queues, bucket } = props;
  return [
    new PolicyStatement({
      sid: 'Send',
      actions: ['sqs:SendMessage'],
      resources: roles.map((role) => queues[directionFrom(role)].queueArn),
    }),
    new PolicyStatement({
      sid: 'Receive',
      actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility'],
      resources: roles.map((role) => queues[directionTo(role)].queueArn),
    }),
    new PolicyStatement({
      sid: 'FindQueues',
      actions: ['sqs:GetQueueUrl', 'sqs:GetQueueAttributes'],
      resources: [queues['a-to-b'].queueArn, queues['b-to-a'].queueArn],
    }),
    new PolicyStatement({
      sid: 'PutParcels',
      actions: ['s3:PutObject', 's3:AbortMultipartUpload', 's3:DeleteObject'],
      resources: roles.map((role) => bucket.arnForObjects(`${role}/*`)),
    }),
    new PolicyStatement({
      sid: 'TakeParcels',
      actions: ['s3:GetObject', 's3:DeleteObject'],
      resources: roles.map((role) => bucket.arnForObjects(`${otherRole(role)}/*`)),
    }),
  ];
}
