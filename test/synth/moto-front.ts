/**
 * A front before moto for what it lacks. Everything passes through unchanged, save that
 * - the answers to DescribeStacks tell the outputs of the stack's own template, its references resolved;
 * - before DeleteStack, the stack's managed policies go, which CloudFormation would take from users and roles itself.
 */
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { buffer, text } from 'node:stream/consumers';
import {
  CloudFormationClient,
  DescribeStackResourcesCommand,
  GetTemplateCommand,
} from '@aws-sdk/client-cloudformation';
import {
  DeletePolicyCommand,
  DetachRolePolicyCommand,
  DetachUserPolicyCommand,
  IAMClient,
  ListEntitiesForPolicyCommand,
} from '@aws-sdk/client-iam';
import { startMoto } from './moto.ts';
import { type Resource, region, resolve } from './template.ts';

export interface Account extends AsyncDisposable {
  /** By the name: the CDK puts a bucket's name before the host, and nothing can stand before an address. */
  readonly endpoint: string;
  /** The actions of the Query API (CloudFormation, IAM, STS) that were asked for. */
  readonly calls: readonly string[];
  /** The owner's, of an account with nothing in it. */
  readonly env: Readonly<Record<string, string>>;
}

const credentials = { accessKeyId: 'owner', secretAccessKey: 'not-a-secret' };

/**
 * moto with its front, on free ports of 127.0.0.1; disposing it ends both.
 * @param cdkHome where the CDK keeps its caches, which would remember which account a key is of.
 */
export async function startAccount(cdkHome: string): Promise<Account> {
  const moto = await startMoto();
  const behind = { endpoint: `http://127.0.0.1:${moto.port}`, region, credentials };
  const stacks = new CloudFormationClient(behind);
  const iam = new IAMClient(behind);
  const calls: string[] = [];
  const answer = async (incoming: IncomingMessage, response: ServerResponse) => {
    const body = await buffer(incoming);
    const parameters = new URLSearchParams(body.toString('latin1'));
    const action = parameters.get('Action');
    if (action !== null) calls.push(action);
    if (action === 'DeleteStack') await removePolicies(stacks, iam, parameters.get('StackName') ?? '');
    const answered = await forward(moto.port, incoming, body);
    const { 'content-length': _, ...headers } = answered.headers;
    if (action !== 'DescribeStacks') answered.pipe(response.writeHead(answered.statusCode ?? 502, answered.headers));
    else {
      const told = await withOutputs(stacks, await text(answered));
      response.writeHead(answered.statusCode ?? 502, headers).end(told);
    }
  };
  const server = createServer((incoming, response) => {
    // Whoever asked must not wait for an answer that never comes.
    answer(incoming, response).catch((error: unknown) => void response.writeHead(400).end(String(error)));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('no port');
  const endpoint = `http://localhost:${address.port}`;
  return {
    endpoint,
    calls,
    env: {
      AWS_ENDPOINT_URL: endpoint,
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_EC2_METADATA_DISABLED: 'true',
      CDK_HOME: cdkHome,
    },
    async [Symbol.asyncDispose]() {
      stacks.destroy();
      iam.destroy();
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
      await moto[Symbol.asyncDispose]();
    },
  };
}

function forward(port: number, { method, url, headers }: IncomingMessage, body: Buffer): Promise<IncomingMessage> {
  return new Promise((answered, failed) => {
    const { 'transfer-encoding': _, ...kept } = headers;
    const onward = request({
      host: '127.0.0.1',
      port,
      method,
      path: url,
      headers: { ...kept, 'content-length': body.length },
    });
    onward.on('response', answered).on('error', failed).end(body);
  });
}

/** Puts outputs beside the name of each of our stacks. */
async function withOutputs(stacks: CloudFormationClient, xml: string): Promise<string> {
  let told = xml;
  // One that was deleted is still told of, to those who ask for it by its id.
  if (xml.includes('<StackStatus>DELETE_COMPLETE')) return xml;
  for (const [name, stack = ''] of xml.matchAll(/<StackName>(Btr-[^<]*)<\/StackName>/g)) {
    const outputs = Object.entries(await outputsOf(stacks, stack)).map(
      ([key, value]) =>
        `<member><OutputKey>${key}</OutputKey><OutputValue>${value.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</OutputValue></member>`,
    );
    told = told.replace(name, `${name}<Outputs>${outputs.join('')}</Outputs>`);
  }
  return told;
}

/** moto neither detaches nor deletes a managed policy along with its stack. */
async function removePolicies(stacks: CloudFormationClient, iam: IAMClient, StackName: string): Promise<void> {
  const { StackResources = [] } = await stacks.send(new DescribeStackResourcesCommand({ StackName }));
  for (const { ResourceType, PhysicalResourceId: PolicyArn } of StackResources) {
    if (ResourceType !== 'AWS::IAM::ManagedPolicy') continue;
    const { PolicyUsers = [], PolicyRoles = [] } = await iam.send(new ListEntitiesForPolicyCommand({ PolicyArn }));
    for (const { UserName } of PolicyUsers) await iam.send(new DetachUserPolicyCommand({ UserName, PolicyArn }));
    for (const { RoleName } of PolicyRoles) await iam.send(new DetachRolePolicyCommand({ RoleName, PolicyArn }));
    await iam.send(new DeletePolicyCommand({ PolicyArn }));
  }
}

interface StackTemplate {
  readonly Resources: Record<string, Resource>;
  readonly Outputs?: Readonly<Record<string, { readonly Value: unknown }>>;
}

async function outputsOf(stacks: CloudFormationClient, stack: string): Promise<Record<string, string>> {
  const named = { StackName: stack };
  const { TemplateBody } = await stacks.send(new GetTemplateCommand(named));
  if (TemplateBody === undefined) return {};
  const { StackResources = [] } = await stacks.send(new DescribeStackResourcesCommand(named));
  const template: StackTemplate = JSON.parse(TemplateBody);
  const resources = { ...template.Resources };
  for (const { LogicalResourceId: id = '', PhysicalResourceId: BucketName } of StackResources) {
    const made = resources[id];
    if (made?.Type === 'AWS::S3::Bucket') resources[id] = { ...made, Properties: { ...made.Properties, BucketName } };
  }
  return Object.fromEntries(
    Object.entries(template.Outputs ?? {}).map(([key, { Value }]) => [key, String(resolve(Value, resources))]),
  );
}
