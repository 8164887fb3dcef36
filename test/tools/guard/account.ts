/** An account as `cdk deploy` would leave it: channels in the embedded cloud, behind the guard, with their policies. */
import { type EmbeddedCloud, startCloud } from '../../../client/cloud/index.ts';
import { makeStores, type Stores } from '../../../client/cloud/stores.ts';
import { type AwsAddress, parseAwsAddress } from '../../../client/drops/aws/index.ts';
import { placeFromOutputs } from '../../../client/messenger/stack-place.ts';
import type { Role } from '../../../client/protocol/roles.ts';
import { account, type ChannelTemplate, resolve, synthesize } from '../../synth/template.ts';
import { type Iam, startIam } from '../iam.ts';
import type { Pair, Stage } from '../stage.ts';
import { type Guard, startGuard } from './guard.ts';
import { collectPolicies, type Policy, type Principal, roleArn, sessionOf, userArn } from './policies.ts';

/** What is deployed: synthesized once, for as many accounts as a test needs. */
export interface Deployment {
  readonly a: string;
  readonly b: string;
  readonly template: ChannelTemplate;
}

/** @param context beside the buddies and the bucket's name, which is the embedded cloud's. */
export function deployment(a: string, b: string, context: Record<string, unknown> = {}): Deployment {
  const template = synthesize({ buddies: `${a},${b}`, bucket: `btr-${a}-${b}-parcels`, ...context });
  return { a, b, template };
}

export class Account implements AsyncDisposable {
  readonly cloud: EmbeddedCloud;
  /** What the cloud holds. */
  readonly stores: Stores;
  readonly iam: Iam;
  readonly guard: Guard;

  private constructor(cloud: EmbeddedCloud, stores: Stores, iam: Iam, guard: Guard) {
    this.cloud = cloud;
    this.stores = stores;
    this.iam = iam;
    this.guard = guard;
  }

  static async start(...deployments: readonly Deployment[]): Promise<Account> {
    const stores = makeStores('us-east-1');
    const cloud = await startCloud({ stores });
    for (const { a, b } of deployments) cloud.makeChannel({ a, b });
    const iam = await startIam();
    const policies = collectPolicies(deployments.map(({ template }) => template));
    return new Account(cloud, stores, iam, await startGuard({ cloud: cloud.endpoint, iam, policies }));
  }

  /** The channel as this role's client finds it by the stack's outputs. */
  address(deployment: Deployment, role: Role): AwsAddress {
    return { ...parseAwsAddress(placeFromOutputs(outputsOf(deployment), role).drop), endpoint: this.guard.endpoint };
  }

  /** The variables of a buddy's machine, with a new key of the user that the stack made for them, or of their role. */
  envOf(deployment: Deployment, buddy: string): Record<string, string> {
    const role = `${deployment.template.stackName}-${buddy}`;
    const roles = Object.values(deployment.template.resources).map(({ Properties }) => Properties.RoleName);
    return this.guard.env(roles.includes(role) ? sessionOf(roleArn(role)) : userOf(deployment, buddy));
  }

  /** Two homes with the channel, each with its own key. They find the guard by their variables alone. */
  pair(stage: Stage, deployment: Deployment): Promise<Pair> {
    const { endpoint: _, ...drop } = this.address(deployment, 'a');
    return stage.pairAt(drop, { a: this.envOf(deployment, deployment.a), b: this.envOf(deployment, deployment.b) });
  }

  /** The owner of the account, who is also this buddy; the variables of their machine. */
  ownerAs(deployment: Deployment, buddy: string): Record<string, string> {
    const { arn = '' } = userOf(deployment, buddy);
    const also = (policy: Policy) => policy.kind === 'identity' && policy.attachedTo.includes(arn);
    this.guard.policies = [
      ...this.guard.policies.map((policy) =>
        also(policy) ? { ...policy, attachedTo: [...policy.attachedTo, owner] } : policy,
      ),
      ownerPolicy(deployment),
    ];
    return this.guard.env({ arn: owner });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.guard[Symbol.asyncDispose]();
    await this.iam.close();
    await this.cloud.close();
  }
}

/** The user that the stack makes for a buddy. */
export function userOf({ template }: Deployment, buddy: string): Principal {
  return { arn: userArn(`${template.stackName}-${buddy}`) };
}

/** The file that `cdk deploy --outputs-file` writes. */
export function outputsOf({ template: { stackName, resources, outputs } }: Deployment): string {
  const values = Object.entries(outputs).map(([key, { Value }]) => [key, resolve(Value, resources)]);
  return JSON.stringify({ [stackName]: Object.fromEntries(values) });
}

export const owner = userArn('owner');

/**
 * What the owner of a channel needs beside a buddy's own policy: keys for the buddies' users, and removing what has
 * expired where no function does.
 */
function ownerPolicy({ a, b, template: { stackName } }: Deployment): Policy {
  const bucket = `arn:aws:s3:::btr-${a}-${b}-parcels`;
  const allow = (Action: readonly string[], Resource: string) => ({ Effect: 'Allow', Action, Resource });
  return {
    name: 'owner',
    kind: 'identity',
    document: {
      Version: '2012-10-17',
      Statement: [
        allow(
          ['iam:CreateAccessKey', 'iam:ListAccessKeys', 'iam:DeleteAccessKey'],
          `arn:aws:iam::${account}:user/${stackName}-*`,
        ),
        allow(['s3:ListBucket', 's3:ListBucketMultipartUploads'], bucket),
        allow(['s3:DeleteObject', 's3:AbortMultipartUpload'], `${bucket}/*`),
      ],
    },
    attachedTo: [owner],
  };
}
