/**
 * What the SDK's clients are made with: where to ask, who asks, how long to wait and how often to try. Variables and
 * profiles are the SDK's own business, save where a choice of ours must be explicit.
 */
import { isProxySet, proxyAgents } from '../proxy/index.ts';
import type { Meter } from '../usage.ts';
import { type AwsAddress, queueOrigin, queueRegion } from './address.ts';

/** What `AWS_ACCESS_KEY_ID` and its like hold. */
export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface Timing {
  /** Milliseconds to make a connection. */
  readonly connect: number;
  /** Milliseconds for one answer, beside what a long poll or a large body takes. */
  readonly answer: number;
  /** Most attempts at one call. */
  readonly attempts: number;
  /** First and longest pause between tries of ours, in milliseconds; each is shortened at random by up to a half. */
  readonly backoff: number;
  readonly backoffLimit: number;
}

/** An endpoint that hangs ends a small call after about 25 s: three tries of eight seconds. */
export const defaultTiming: Timing = {
  connect: 5_000,
  answer: 8_000,
  attempts: 3,
  backoff: 250,
  backoffLimit: 30_000,
};

/** Through a proxy: Tor may need some seconds for a new circuit, and the way itself has a limit of its own. */
const proxiedTiming: Timing = { ...defaultTiming, connect: 25_000, answer: 25_000 };

/** The slowest line that a body is sent over without its answer being given up, in bytes per millisecond. */
const SLOWEST = 16;

export type Service = 'SQS' | 'S3' | 'IAM';

export interface ClientSettings {
  readonly region: string | undefined;
  readonly endpoint: string | undefined;
  readonly credentials: AwsCredentials | undefined;
  readonly timing: Timing;
  /** Counts every attempt at a request, of queues and parcels. */
  readonly meter?: Meter | undefined;
}

/** The address's own credentials overrule all others. */
export function clientSettings(
  address: AwsAddress,
  credentials: AwsCredentials | undefined,
  timing: Partial<Timing> | undefined,
): ClientSettings {
  const queues = Object.values(address.queues);
  return {
    region: address.region ?? first(queues, queueRegion) ?? process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION,
    endpoint: address.endpoint,
    credentials: address.credentials ?? credentials,
    timing: { ...usualTiming(), ...timing },
  };
}

export function usualTiming(): Timing {
  return isProxySet() ? proxiedTiming : defaultTiming;
}

/**
 * The endpoint of one service: the drop's own, else the variables', else that of a queue URL that is not AWS's.
 * Undefined leaves it to the SDK, which reads profiles too. A stored queue URL's host never overrules what is set:
 * an emulator may have another port today.
 */
export function serviceEndpoint(settings: ClientSettings, address: AwsAddress, service: Service): string | undefined {
  return settings.endpoint ?? variableEndpoint(service) ?? first(Object.values(address.queues), queueOrigin);
}

/** What the environment says; undefined where it says nothing. */
export function variableEndpoint(service: Service): string | undefined {
  if (process.env.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS?.toLowerCase() === 'true') return undefined;
  return process.env[`AWS_ENDPOINT_URL_${service}`] || process.env.AWS_ENDPOINT_URL || undefined;
}

/** As serviceEndpoint, but a variable for IAM alone comes first: a drop's own endpoint is one for SQS and S3. */
export function iamEndpoint(settings: ClientSettings, address: AwsAddress): string | undefined {
  if (process.env.AWS_ENDPOINT_URL_IAM) return variableEndpoint('IAM') ?? serviceEndpoint(settings, address, 'IAM');
  return serviceEndpoint(settings, address, 'IAM');
}

/** Said once and by us, as DropErrors; the SDK would otherwise write warnings of its own to the terminal. */
export const silent = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };

/** The part of a client's configuration that all services share. */
export function sharedConfig(settings: ClientSettings, endpoint: string | undefined) {
  const agents = proxyAgents();
  const proxied = agents && { httpAgent: agents.http, httpsAgent: agents.https };
  return {
    requestHandler: {
      connectionTimeout: settings.timing.connect,
      throwOnRequestTimeout: true,
      logger: silent,
      ...proxied,
    },
    // The SDK hands this on to the clients that it makes to get credentials: of STS, of IAM Identity Center.
    ...(proxied && { clientConfig: { requestHandler: proxied } }),
    logger: silent,
    // AWS_MAX_ATTEMPTS counts where it is set.
    ...(process.env.AWS_MAX_ATTEMPTS === undefined ? { maxAttempts: settings.timing.attempts } : {}),
    retryMode: 'standard',
    ...(settings.region === undefined ? {} : { region: settings.region }),
    ...(settings.credentials === undefined ? {} : { credentials: settings.credentials }),
    ...(endpoint === undefined ? {} : { endpoint }),
  };
}

/** Milliseconds to wait for the answer to a request with a body of so many bytes. */
export function answerTimeout(settings: ClientSettings, bodyBytes: number): number {
  return settings.timing.answer + Math.ceil(bodyBytes / SLOWEST);
}

function first<T>(values: readonly string[], read: (value: string) => T | undefined): T | undefined {
  return values.map(read).find((value) => value !== undefined);
}
