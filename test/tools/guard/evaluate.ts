/** Asks a real evaluator of IAM policies whether a request would be allowed. */
import {
  createValidatedPolicy,
  type ValidatedPolicy,
  validateIdentityPolicy,
  validateResourcePolicy,
  validateTrustPolicy,
} from '@cloud-copilot/iam-policy';
import { anonymousPrincipal, runSimulation } from '@cloud-copilot/iam-simulate';
import { account } from '../../synth/template.ts';
import type { Policy, PolicyDocument, Principal } from './policies.ts';

export interface AccessRequest {
  readonly principal: Principal;
  /** As IAM names it, such as `sqs:SendMessage`. */
  readonly action: string;
  /** An ARN, or `*` for an action that names no resource. */
  readonly resource: string;
  /** Condition keys and their values. */
  readonly context: Readonly<Record<string, string>>;
}

/** @throws where the evaluator can't answer: neither a yes nor a no. */
export async function isAllowed(policies: readonly Policy[], request: AccessRequest): Promise<boolean> {
  const { principal, action, resource, context } = request;
  const owned = ownPolicy(policies, resource);
  const answer = await runSimulation(
    {
      request: {
        principal: principal.arn ?? anonymousPrincipal,
        action,
        resource: { resource, accountId: resource.split(':')[4] || account },
        contextVariables: { ...context },
      },
      identityPolicies: policies
        .filter((policy) => hangsOn(policy, principal))
        .map((policy) => ({ name: policy.name, policy: validated(policy) })),
      serviceControlPolicies: [],
      resourceControlPolicies: [],
      ...(owned === undefined ? {} : { resourcePolicy: validated(owned) }),
    },
    {},
  );
  if (answer.resultType !== 'error') return answer.overallResult === 'Allowed';
  throw new Error(`${action} on ${resource}: ${JSON.stringify(answer.errors)}`);
}

/** The bucket's policy is the one of its objects. */
export function policyOwner(resource: string): string {
  return resource.startsWith('arn:aws:s3:::') ? resource.replace(/\/.*$/, '') : resource;
}

export function hangsOn({ kind, attachedTo }: Policy, { arn, identity = arn }: Principal): boolean {
  return kind === 'identity' && identity !== undefined && attachedTo.includes(identity);
}

/** What hangs on a resource, as one policy: a function's permissions are single statements of one. */
function ownPolicy(policies: readonly Policy[], resource: string): Policy | undefined {
  const owner = policyOwner(resource);
  const [first, ...others] = policies.filter(
    ({ kind, attachedTo }) => kind !== 'identity' && attachedTo.includes(owner),
  );
  if (first === undefined || others.length === 0) return first;
  const { Version } = first.document;
  const Statement = [first, ...others].flatMap(({ document }) => document.Statement);
  return { ...first, document: { Version, Statement } };
}

const validators = { identity: validateIdentityPolicy, resource: validateResourcePolicy, trust: validateTrustPolicy };
const known = new WeakMap<PolicyDocument, ValidatedPolicy<{ name: string }>>();

/** Each document is validated once: that would be most of an answer's time. */
function validated({ name, kind, document }: Policy): ValidatedPolicy<{ name: string }> {
  const found = known.get(document) ?? createValidatedPolicy(document, validators[kind], { name });
  known.set(document, found);
  return found;
}
