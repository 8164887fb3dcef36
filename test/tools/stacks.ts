/**
 * A stand-in for CloudFormation and STS where no account is: stacks as a test puts them, the calls of `btr deploy` and
 * `btr destroy` as the Query API answers them (AWS CloudFormation API Reference, AWS STS API Reference). Programs find
 * it by AWS_ENDPOINT_URL_CLOUDFORMATION and AWS_ENDPOINT_URL_STS. What it does not know it never answers.
 */
import { createServer, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';

export interface MadeStack {
  status: string;
  /** Against deletion, by the owner. */
  readonly isProtected?: boolean;
  readonly outputs?: Readonly<Record<string, string>>;
  /** By logical id. */
  readonly resources?: Readonly<Record<string, MadeResource>>;
  /** What becomes of it once it is to be deleted: gone at once by default, `reason` where a resource stands in the way. */
  onDelete?: 'gone' | 'stays' | { readonly resource: string; readonly reason: string };
}

interface MadeResource {
  readonly type: string;
  readonly name: string;
  readonly isRetained?: boolean;
}

interface Refusal {
  readonly code: string;
  readonly message?: string;
}

export interface StacksOptions {
  readonly stacks?: Readonly<Record<string, MadeStack>>;
  readonly account?: string;
  /** Asked first about every call. */
  readonly refuse?: (action: string) => Refusal | undefined;
}

export interface Stacks extends AsyncDisposable {
  readonly env: Readonly<Record<string, string>>;
  /** The stacks that are there, by name. */
  readonly stacks: Map<string, MadeStack>;
  /** The actions that were asked for. */
  readonly calls: readonly string[];
}

/** On a free port of 127.0.0.1. */
export async function startStacks({
  stacks = {},
  account = '000000000000',
  refuse,
}: StacksOptions = {}): Promise<Stacks> {
  const made = new Map(Object.entries(stacks));
  const calls: string[] = [];
  const server = createServer(async (request, response) => {
    const parameters = new URLSearchParams(await text(request));
    const action = parameters.get('Action') ?? '';
    calls.push(action);
    const refusal = refuse?.(action);
    if (refusal) return fail(response, refusal);
    const name = parameters.get('StackName');
    if (name !== null && !made.has(name)) {
      return fail(response, { code: 'ValidationError', message: `Stack with id ${name} does not exist` });
    }
    const result = answer(action, made, name, account);
    if (result !== undefined) succeed(response, action, result);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('no port');
  const url = `http://127.0.0.1:${address.port}`;
  return {
    env: { AWS_ENDPOINT_URL_CLOUDFORMATION: url, AWS_ENDPOINT_URL_STS: url },
    stacks: made,
    calls,
    [Symbol.asyncDispose]: () => {
      server.closeAllConnections();
      return new Promise<void>((done) => server.close(() => done()));
    },
  };
}

function answer(
  action: string,
  made: Map<string, MadeStack>,
  name: string | null,
  account: string,
): string | undefined {
  if (action === 'GetCallerIdentity') {
    return tags({ Account: account, UserId: 'OWNER', Arn: `arn:aws:iam::${account}:user/owner` });
  }
  const stack = name === null ? undefined : made.get(name);
  if (action === 'DescribeStacks') {
    const asked = [...made].filter(([one]) => name === null || one === name);
    return `<Stacks>${asked.map(([one, told]) => described(one, told)).join('')}</Stacks>`;
  }
  if (name === null || stack === undefined) return undefined;
  if (action === 'DescribeStackResources') return resourcesOf(stack);
  if (action === 'GetTemplate') return tags({ TemplateBody: templateOf(stack) });
  if (action === 'DescribeStackEvents') return eventsOf(name, stack);
  if (action === 'DeleteStack') {
    if (stack.onDelete === undefined || stack.onDelete === 'gone') made.delete(name);
    else stack.status = stack.onDelete === 'stays' ? 'DELETE_IN_PROGRESS' : 'DELETE_FAILED';
    return '';
  }
  return undefined;
}

function described(name: string, { status, isProtected = false, outputs = {} }: MadeStack): string {
  const told = Object.entries(outputs).map(([key, value]) => member({ OutputKey: key, OutputValue: value }));
  const about = tags({
    StackName: name,
    StackStatus: status,
    CreationTime: time,
    EnableTerminationProtection: String(isProtected),
  });
  return `<member>${about}<Outputs>${told.join('')}</Outputs></member>`;
}

function resourcesOf({ resources = {} }: MadeStack): string {
  const told = Object.entries(resources).map(([id, { type, name }]) =>
    member({ LogicalResourceId: id, PhysicalResourceId: name, ResourceType: type, ResourceStatus: 'CREATE_COMPLETE' }),
  );
  return `<StackResources>${told.join('')}</StackResources>`;
}

function templateOf({ resources = {} }: MadeStack): string {
  const made = Object.entries(resources).map(([id, { type, isRetained }]) => [
    id,
    { Type: type, DeletionPolicy: isRetained ? 'Retain' : 'Delete' },
  ]);
  return JSON.stringify({ Resources: Object.fromEntries(made) });
}

/** Of a deletion that a resource stood in the way of, after one before it with another reason; the newest first. */
function eventsOf(name: string, { onDelete, resources = {} }: MadeStack): string {
  if (typeof onDelete !== 'object') return '<StackEvents></StackEvents>';
  const { resource, reason } = onDelete;
  const { type = '', name: physical = '' } = resources[resource] ?? {};
  const stack = { LogicalResourceId: name, ResourceType: 'AWS::CloudFormation::Stack' };
  const failed = { LogicalResourceId: resource, PhysicalResourceId: physical, ResourceType: type };
  const events = [
    { ...stack, ResourceStatus: 'DELETE_FAILED', ResourceStatusReason: 'The following resource(s) failed to delete' },
    { ...failed, ResourceStatus: 'DELETE_FAILED', ResourceStatusReason: reason },
    { ...stack, ResourceStatus: 'DELETE_IN_PROGRESS' },
    { ...failed, ResourceStatus: 'DELETE_FAILED', ResourceStatusReason: 'a reason of yesterday' },
  ];
  return `<StackEvents>${events.map((event) => member({ ...event, Timestamp: time })).join('')}</StackEvents>`;
}

const time = '2026-11-01T12:00:00Z';

function member(fields: Readonly<Record<string, string>>): string {
  return `<member>${tags(fields)}</member>`;
}

function tags(fields: Readonly<Record<string, string>>): string {
  return Object.entries(fields)
    .map(([name, value]) => `<${name}>${value.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</${name}>`)
    .join('');
}

function succeed(response: ServerResponse, action: string, result: string): void {
  const metadata = '<ResponseMetadata><RequestId>test</RequestId></ResponseMetadata>';
  const body = `<${action}Response><${action}Result>${result}</${action}Result>${metadata}</${action}Response>`;
  response.writeHead(200, { 'content-type': 'text/xml' }).end(body);
}

function fail(response: ServerResponse, { code, message = 'no more words' }: Refusal): void {
  const error = tags({ Type: 'Sender', Code: code, Message: message });
  const body = `<ErrorResponse><Error>${error}</Error><RequestId>test</RequestId></ErrorResponse>`;
  response.writeHead(code === 'AccessDenied' ? 403 : 400, { 'content-type': 'text/xml' }).end(body);
}
