/**
 * The embedded cloud as an account with policies: every request must be signed by a key that is known, and is held
 * against the synthesized policies before it is passed on.
 *
 * There is no TLS on the loopback interface: requests count as having come by it, and the matrix looks at those that
 * have not. What S3 does for the sake of policies and the emulator does not, is done here.
 */
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { s3Action } from '../../../client/cloud/s3-guard.ts';
import type { AwsCredentials } from '../../../client/drops/aws/settings.ts';
import { region } from '../../synth/template.ts';
import { freshKeyId, type Iam } from '../iam.ts';
import { nothingDeleted, withErrors, withoutKeys } from './delete-objects.ts';
import { isAllowed } from './evaluate.ts';
import { type Answer, forward, reply } from './forward.ts';
import { type Need, needsOf, queueNameOf, serviceOf } from './needs.ts';
import { type Policy, type Principal, userArn } from './policies.ts';
import { denied, Refusal, refuse, type Service } from './refusal.ts';
import { verify, type WireRequest } from './signature.ts';

export interface GuardOptions {
  /** The embedded cloud's endpoint. */
  readonly cloud: string;
  /** Its keys count for the users that they were made for. */
  readonly iam: Iam;
  readonly policies: readonly Policy[];
}

export interface Denial extends Need {
  readonly who: string;
}

/** A request that was understood, and what it asks for. */
interface Asked {
  readonly service: Service;
  readonly wire: WireRequest;
  readonly principal: Principal;
  readonly needs: readonly Need[];
}

/** Starts it on a free port of 127.0.0.1. */
export async function startGuard(options: GuardOptions): Promise<Guard> {
  const guard = new Guard(options);
  await guard.listen();
  return guard;
}

export class Guard implements AsyncDisposable {
  /** In force from the next request on. */
  policies: readonly Policy[];
  /** What was refused for want of a permission, oldest first. */
  readonly denials: Denial[] = [];
  /** Whether polls of a second at most are answered at once: all that the cloud has is there without waiting. */
  isHurried = false;
  /** Told of every request that may pass, before it does. */
  onPass: (needs: readonly Need[]) => void = () => {};
  readonly #cloud: string;
  readonly #iam: Iam;
  readonly #keys = new Map<string, AwsCredentials & { readonly principal: Principal }>();
  readonly #completed = new Map<string, Answer>();
  readonly #server = createServer((request, response) => void this.#serve(request, response));
  #port = 0;

  constructor({ cloud, iam, policies }: GuardOptions) {
    this.#cloud = cloud;
    this.#iam = iam;
    this.policies = policies;
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new TypeError('no port');
    this.#port = address.port;
  }

  /** For SQS, S3 and IAM. */
  get endpoint(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** A key for a principal, beside those that IAM makes; that of a session has a token. */
  keyFor(principal: Principal): AwsCredentials {
    const secret = () => randomBytes(30).toString('base64');
    const token = principal.identity === undefined ? {} : { sessionToken: secret() };
    const key = { accessKeyId: freshKeyId(), secretAccessKey: secret(), ...token };
    this.#keys.set(key.accessKeyId, { ...key, principal });
    return key;
  }

  /** The variables of a machine whose AWS this is, with a key for this principal or none. */
  env(principal?: Principal): Record<string, string> {
    const place = { AWS_ENDPOINT_URL: this.endpoint, AWS_REGION: region };
    if (principal === undefined) return place;
    const { accessKeyId, secretAccessKey, sessionToken } = this.keyFor(principal);
    const key = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
    return { ...place, ...key, ...(sessionToken === undefined ? {} : { AWS_SESSION_TOKEN: sessionToken }) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '', headers } = request;
    const isHead = method === 'HEAD';
    const service = serviceOf(headers);
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    try {
      const wire = { method, url, headers, body: await buffer(request) };
      const principal = await this.#principal(wire);
      const asked = { service, wire, principal, needs: needsOf(service, wire, principal.arn ?? '') };
      reply(response, await this.#answer(asked, gone.signal), isHead);
    } catch (error) {
      if (gone.signal.aborted || !request.complete) return;
      if (error instanceof Refusal) refuse(response, service, isHead, error);
      else response.writeHead(500).end(isHead ? undefined : String(error));
    }
  }

  async #principal(wire: WireRequest): Promise<Principal> {
    const key = await verify(wire, (id) => {
      const made = this.#iam.keys.find((one) => one.id === id);
      if (made === undefined) return this.#keys.get(id);
      return { accessKeyId: id, secretAccessKey: made.secret, principal: { arn: userArn(made.user) } };
    });
    return key?.principal ?? {};
  }

  async #answer(asked: Asked, signal: AbortSignal): Promise<Answer> {
    const refused: Need[] = [];
    for (const need of asked.needs) if (!(await this.#isAllowed(asked.principal, need))) refused.push(need);
    const { service, wire } = asked;
    const operation = service === 's3' ? s3Action(wire.method, wire.url) : '';
    const [first] = refused;
    if (first !== undefined) {
      const who = asked.principal.arn ?? 'anonymous';
      this.denials.push(...refused.map((need) => ({ ...need, who })));
      if (operation !== 'DeleteObjects') throw denied(who, first.action, first.resource);
    }
    this.onPass(asked.needs);
    if (service === 'iam') return forward(this.#iam.url, wire, signal);
    if (service === 'sqs') return forward(this.#cloud, this.#withOwnQueue(wire), signal);
    return operation === 'DeleteObjects'
      ? this.#deleteObjects(asked, refused, signal)
      : this.#askS3(operation, asked, signal);
  }

  #isAllowed(principal: Principal, { action, resource, context }: Need): Promise<boolean> {
    const request = { principal, action, resource, context: { 'aws:SecureTransport': 'true', ...context } };
    return isAllowed(this.policies, request);
  }

  /** Queue URLs and signatures name a region that the emulator would look in. */
  #withOwnQueue(wire: WireRequest): WireRequest {
    const { authorization: _, ...headers } = wire.headers;
    const input: object = JSON.parse(wire.body.toString());
    if (!('QueueUrl' in input)) return { ...wire, headers };
    const QueueUrl = `${this.#cloud}/000000000000/${queueNameOf(input)}`;
    const isShort = 'WaitTimeSeconds' in input && Number(input.WaitTimeSeconds) <= 1;
    const hurry = this.isHurried && isShort ? { WaitTimeSeconds: 0 } : {};
    return { ...wire, headers, body: Buffer.from(JSON.stringify({ ...input, ...hurry, QueueUrl })) };
  }

  async #deleteObjects({ wire, needs }: Asked, refused: readonly Need[], signal: AbortSignal): Promise<Answer> {
    const keys = new Set(refused.map(({ resource }) => resource.replace(/^arn:aws:s3:::[^/]*\//, '')));
    const rest = { ...wire, body: withoutKeys(wire.body, keys) };
    const answer = refused.length === needs.length ? nothingDeleted : await forward(this.#cloud, rest, signal);
    return withErrors(answer, keys);
  }

  async #askS3(operation: string, { wire, principal, needs }: Asked, signal: AbortSignal): Promise<Answer> {
    const answer = await forward(this.#cloud, wire, signal);
    if (operation === 'CompleteMultipartUpload') return this.#onceComplete(wire.url, answer);
    const [need] = needs;
    if (answer.status !== 404 || need?.action !== 's3:GetObject') return answer;
    // Who may not list a bucket does not learn that an object is not there.
    const list = { action: 's3:ListBucket', resource: need.resource.replace(/\/.*/, ''), context: {} };
    if (await this.#isAllowed(principal, list)) return answer;
    throw denied(principal.arn ?? 'anonymous', list.action, list.resource);
  }

  /** S3 gives the same answer to a completion that is sent again; the emulator forgets the upload. */
  #onceComplete(url: string, answer: Answer): Answer {
    if (answer.status === 200) this.#completed.set(url, answer);
    return answer.status === 404 ? (this.#completed.get(url) ?? answer) : answer;
  }
}
