/**
 * A stand-in for IAM where no account is: the three calls on access keys, as the Query API answers them (IAM API
 * Reference, "CreateAccessKey", "ListAccessKeys", "DeleteAccessKey"). Programs find it by AWS_ENDPOINT_URL_IAM.
 *
 * Who signs counts as on AWS with the deployed stack: one of its own keys may delete keys of its own user and nothing
 * else, a key that was deleted is not known any more, and every other key is the owner's. Signatures are not verified.
 */
import { randomBytes, randomInt } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';

export interface IamKey {
  readonly id: string;
  readonly secret: string;
  readonly user: string;
}

export interface IamCall {
  readonly action: string;
  /** Id of the key that signed. */
  readonly signer: string;
  readonly parameters: Readonly<Record<string, string>>;
}

export interface IamRefusal {
  readonly status: number;
  /** Such as `AccessDenied`. */
  readonly code: string;
}

export interface IamOptions {
  /** The users that are there. Absent: any. */
  readonly users?: readonly string[];
  /** Asked first about every call; `before` counts earlier calls of that action. */
  readonly refuse?: (call: IamCall, before: number) => IamRefusal | undefined;
}

export interface Iam extends AsyncDisposable {
  /** For AWS_ENDPOINT_URL_IAM: `http://127.0.0.1:PORT`. */
  readonly url: string;
  /** The living keys of all users, oldest first. */
  readonly keys: readonly IamKey[];
  readonly calls: readonly IamCall[];
  close(): Promise<void>;
}

/** On a free port of 127.0.0.1. */
export async function startIam(options: IamOptions = {}): Promise<Iam> {
  const users = new Users(options);
  const server = createServer(async (request, response) => {
    const call = await readCall(request);
    const { status, body } = users.answer(call);
    reply(response, status, call.action, body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('no port');
  const close = () => {
    server.closeAllConnections();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  };
  const url = `http://127.0.0.1:${address.port}`;
  return { url, keys: users.keys, calls: users.calls, close, [Symbol.asyncDispose]: close };
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

class Users {
  readonly keys: IamKey[] = [];
  readonly calls: IamCall[] = [];
  readonly #deleted = new Set<string>();
  readonly #options: IamOptions;

  constructor(options: IamOptions) {
    this.#options = options;
  }

  answer(call: IamCall): Answer {
    const before = this.calls.filter(({ action }) => action === call.action).length;
    this.calls.push(call);
    const refusal = this.#options.refuse?.(call, before) ?? this.#refusal(call);
    if (refusal !== undefined) return failure(refusal);
    const user = call.parameters.UserName ?? this.#userOf(call.signer) ?? 'owner';
    if (call.action === 'CreateAccessKey') return this.#create(user);
    if (call.action === 'ListAccessKeys') return this.#list(user);
    return this.#delete(user, call.parameters.AccessKeyId ?? '');
  }

  #refusal({ action, signer, parameters }: IamCall): IamRefusal | undefined {
    if (this.#deleted.has(signer)) return { status: 403, code: 'InvalidClientTokenId' };
    if (!['CreateAccessKey', 'ListAccessKeys', 'DeleteAccessKey'].includes(action)) {
      return { status: 400, code: 'InvalidAction' };
    }
    const own = this.#userOf(signer);
    const user = parameters.UserName ?? own;
    if (own !== undefined && (action !== 'DeleteAccessKey' || user !== own))
      return { status: 403, code: 'AccessDenied' };
    const { users } = this.#options;
    return user !== undefined && users?.includes(user) === false ? { status: 404, code: 'NoSuchEntity' } : undefined;
  }

  #userOf(signer: string): string | undefined {
    return this.keys.find(({ id }) => id === signer)?.user;
  }

  #create(user: string): Answer {
    if (this.#of(user).length >= 2) return failure({ status: 409, code: 'LimitExceeded' });
    const key = { id: freshKeyId(), secret: randomBytes(30).toString('base64'), user };
    this.keys.push(key);
    return good(`<AccessKey>${described(key)}<SecretAccessKey>${key.secret}</SecretAccessKey></AccessKey>`);
  }

  #list(user: string): Answer {
    const members = this.#of(user).map((key) => `<member>${described(key)}</member>`);
    return good(`<IsTruncated>false</IsTruncated><AccessKeyMetadata>${members.join('')}</AccessKeyMetadata>`);
  }

  #delete(user: string, id: string): Answer {
    const index = this.keys.findIndex((key) => key.id === id && key.user === user);
    if (index < 0) return failure({ status: 404, code: 'NoSuchEntity' });
    this.keys.splice(index, 1);
    this.#deleted.add(id);
    return good('');
  }

  #of(user: string): IamKey[] {
    return this.keys.filter((key) => key.user === user);
  }
}

export function freshKeyId(): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  return `AKIA${Array.from({ length: 16 }, () => letters[randomInt(letters.length)]).join('')}`;
}

function described({ id, user }: IamKey): string {
  const fields = { UserName: user, AccessKeyId: id, Status: 'Active', CreateDate: '2026-11-01T12:00:00Z' };
  return Object.entries(fields)
    .map(([name, value]) => `<${name}>${value}</${name}>`)
    .join('');
}

function good(body: string): Answer {
  return { status: 200, body };
}

function failure({ status, code }: IamRefusal): Answer {
  const type = status < 500 ? 'Sender' : 'Receiver';
  return { status, body: `<Error><Type>${type}</Type><Code>${code}</Code><Message>no more words</Message></Error>` };
}

function reply(response: ServerResponse, status: number, action: string, body: string): void {
  const id = '<RequestId>test</RequestId>';
  const namespace = 'xmlns="https://iam.amazonaws.com/doc/2010-05-08/"';
  const whole =
    status === 200
      ? `<${action}Response ${namespace}><${action}Result>${body}</${action}Result><ResponseMetadata>${id}</ResponseMetadata></${action}Response>`
      : `<ErrorResponse ${namespace}>${body}${id}</ErrorResponse>`;
  response.writeHead(status, { 'content-type': 'text/xml' }).end(whole);
}

async function readCall(request: IncomingMessage): Promise<IamCall> {
  const parameters = Object.fromEntries(new URLSearchParams(await text(request)));
  const [, signer = ''] = /Credential=([^/]+)\//.exec(request.headers.authorization ?? '') ?? [];
  return { action: parameters.Action ?? '', signer, parameters };
}
