/** Policies with one slip in them each: what a careless change of a statement, or of what it hangs on, could look like. */
import { isDeepStrictEqual } from 'node:util';
import type { Policy, Statement } from '../tools/guard/policies.ts';

export interface Mutant {
  /** What was changed, of which statement. */
  readonly name: string;
  readonly original: Policy;
  readonly mutated: Policy;
}

export function mutantsOf(policy: Policy): readonly Mutant[] {
  const statements = policy.document.Statement.flatMap((statement, index) => {
    const name = `${policy.name} ${statement.Sid ?? index}`;
    const replaced = (put: readonly Statement[]): Policy => ({
      ...policy,
      document: { ...policy.document, Statement: policy.document.Statement.toSpliced(index, 1, ...put) },
    });
    const changes = changesOf(policy, statement).filter(([, changed]) => !isDeepStrictEqual(changed, statement));
    return [
      { name: `${name}: removed`, original: policy, mutated: replaced([]) },
      ...changes.map(([what, changed]) => ({
        name: `${name}: ${what}`,
        original: policy,
        mutated: replaced([changed]),
      })),
    ];
  });
  return [...statements, ...detached(policy)];
}

function detached(policy: Policy): Mutant[] {
  return policy.attachedTo.map((arn) => ({
    name: `${policy.name}: detached from ${arn}`,
    original: policy,
    mutated: { ...policy, attachedTo: policy.attachedTo.filter((other) => other !== arn) },
  }));
}

type Change = readonly [what: string, changed: Statement];

function changesOf({ kind }: Policy, statement: Statement): Change[] {
  const actions = listed(statement.Action);
  const { Condition, ...unconditional } = statement;
  return [
    ['effect turned round', { ...statement, Effect: statement.Effect === 'Allow' ? 'Deny' : 'Allow' }],
    ...services(actions).map((service): Change => [`all of ${service}`, { ...statement, Action: `${service}:*` }]),
    ...shorter(statement, 'Action', actions),
    ...actions.filter((action) => action.endsWith(':*')).map((action) => lessThanAll(statement, action)),
    ['without its condition', unconditional],
    ...shorterConditions(statement),
    ...principalChanges(statement),
    ...(kind === 'identity' ? widerResources(statement) : []),
    ...shorter(statement, 'Resource', listed(statement.Resource)),
  ];
}

/**
 * For policies of principals only. One that hangs on a resource is asked about that resource alone, so there `*` says
 * the same as its ARN, and the policy of a role has no resource at all.
 */
function widerResources(statement: Statement): Change[] {
  const resources = listed(statement.Resource);
  return [
    ['on everything', { ...statement, Resource: '*' }],
    ...resources.map((resource, index): Change => {
      // A bucket's objects under one prefix become all of its objects.
      const wider = resource.replace(/\/[^/]+\/\*$/, '/*');
      return [`on ${wider}`, { ...statement, Resource: resources.length === 1 ? wider : resources.with(index, wider) }];
    }),
  ];
}

/** For everybody, and for somebody else. */
function principalChanges({ Principal, ...statement }: Statement): Change[] {
  if (Principal === undefined) return [];
  const everybody = { AWS: '*' };
  const isForAll = Principal === '*' || isDeepStrictEqual(Principal, everybody);
  return [
    ...(isForAll ? [] : [['for everybody', { Principal: everybody, ...statement }] satisfies Change]),
    ['for another account', { Principal: { AWS: 'arn:aws:iam::999999999999:root' }, ...statement }],
  ];
}

function lessThanAll(statement: Statement, action: string): Change {
  const one = { 'sqs:*': 'sqs:SendMessage', 's3:*': 's3:PutObject', 'sns:*': 'sns:Publish' }[action];
  if (one === undefined) throw new Error(`no action known that could stand for ${action}`);
  return [`only ${one}`, { ...statement, Action: one }];
}

/** Each entry of a list of several left out. */
function shorter(statement: Statement, key: string, values: readonly string[]): Change[] {
  if (values.length < 2) return [];
  return values.map((value, index) => [`without ${value}`, { ...statement, [key]: values.toSpliced(index, 1) }]);
}

/** Each value of a list of several left out of a condition. */
function shorterConditions(statement: Statement): Change[] {
  return entries(statement.Condition).flatMap(([operator, keys]) =>
    entries(keys).flatMap(([key, value]) =>
      shorter({ [key]: value }, key, listed(value)).map(
        ([what, changed]): Change => [what, { ...statement, Condition: { [operator]: changed } }],
      ),
    ),
  );
}

function entries(value: unknown): readonly [string, unknown][] {
  return typeof value === 'object' && value !== null ? Object.entries(value) : [];
}

function services(actions: readonly string[]): readonly string[] {
  return [...new Set(actions.map((action) => action.replace(/:.*/, '')))];
}

function listed(value: unknown): readonly string[] {
  return value === undefined ? [] : [value].flat().map(String);
}
