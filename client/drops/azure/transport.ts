/**
 * How the services are asked: which sockets, through which proxy, how long and how often. A policy in the SDK's own
 * pipeline, so that its queue and blob clients go the same way.
 */
import * as http from 'node:http';
import * as https from 'node:https';
import type { RequestPolicyFactory, StoragePipelineOptions } from '@azure/storage-queue';
import { isProxySet, proxyAgents } from '../proxy/index.ts';

export interface Timing {
  /** Milliseconds for one answer, beside what its request's body takes. */
  readonly answer: number;
  /** Most attempts at a call that found nobody, or a service with trouble of its own. */
  readonly attempts: number;
  /** First and longest pause in milliseconds: between attempts, and after failures while waiting for messages. */
  readonly backoff: number;
  readonly backoffLimit: number;
}

/** A host that hangs ends a call after eight seconds, one that refuses after one. */
export const defaultTiming: Timing = { answer: 8_000, attempts: 3, backoff: 250, backoffLimit: 30_000 };

/** The slowest line that a body is sent over without its answer being given up, in bytes per millisecond. */
const slowest = 16;
const pool = { keepAlive: true, maxSockets: 64 };
/** Tor may need some seconds for a new circuit. */
const proxiedAnswer = 25_000;

export class Transport {
  readonly timing: Timing;
  readonly #agents = proxyAgents() ?? { http: new http.Agent(pool), https: new https.Agent(pool) };

  constructor(timing: Partial<Timing> = {}) {
    this.timing = { ...defaultTiming, ...(isProxySet() ? { answer: proxiedAnswer } : {}), ...timing };
  }

  get pipelineOptions(): StoragePipelineOptions {
    const { attempts, backoff } = this.timing;
    return { retryOptions: { maxTries: attempts, retryDelayInMs: backoff, maxRetryDelayInMs: backoff * 8 } };
  }

  /** The SDK's own policy for proxies reads the usual variables alone; this one comes after it and decides. */
  get policy(): RequestPolicyFactory {
    return {
      create: (next) => ({
        sendRequest: (request) => {
          request.agent = this.agent(new URL(request.url));
          request.timeout = this.timing.answer + Math.ceil(bodyLength(request) / slowest);
          return next.sendRequest(request);
        },
      }),
    };
  }

  agent(url: URL): http.Agent {
    return url.protocol === 'https:' ? this.#agents.https : this.#agents.http;
  }

  close(): void {
    this.#agents.http.destroy();
    this.#agents.https.destroy();
  }
}

function bodyLength({ headers, body }: { headers: { get(name: string): string | undefined }; body?: unknown }): number {
  return Number(headers.get('content-length')) || (typeof body === 'string' ? body.length : 0);
}
