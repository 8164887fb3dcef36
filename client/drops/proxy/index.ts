/**
 * How every drop gets to its host: straight, or through the proxy that the user chose. Nothing else in client/drops
 * opens a connection or looks a name up.
 */
import type * as http from 'node:http';
import type * as https from 'node:https';
import type { Socket } from 'node:net';
import { HttpAgent, HttpsAgent } from './agents.ts';
import { straightError } from './errors.ts';
import { gather } from './gather.ts';
import type { LargeReads } from './large-reads.ts';
import { isProxySet, proxyFor } from './settings.ts';
import { connectStraight } from './straight.ts';

export { LargeReads } from './large-reads.ts';
export { isProxySet, useProxy } from './settings.ts';

export interface ProxyAgents {
  readonly http: http.Agent;
  readonly https: https.Agent;
}

/**
 * Agents for a host's HTTP clients; undefined: no proxy for that host, so the client's own do. Without a URL they are
 * for whatever hosts a client may ask, each by its own way; undefined where no proxy is set at all. Whoever uses them
 * destroys them. @throws DropError with code `bad-proxy` where a variable holds no proxy.
 */
export function proxyAgents(url?: URL): ProxyAgents | undefined {
  if (url === undefined ? !isProxySet() : !isProxied(url)) return undefined;
  return { http: new HttpAgent(), https: new HttpsAgent() };
}

function isProxied({ protocol, hostname, port }: URL): boolean {
  return protocol === 'http:'
    ? proxyFor('http', hostname, Number(port || 80)) !== undefined
    : proxyFor('https', hostname, Number(port || 443)) !== undefined;
}

export interface Destination {
  readonly host: string;
  readonly port: number;
  readonly signal?: AbortSignal | undefined;
  /** For what comes straight; a proxy's socket is read as any other. */
  readonly reads?: LargeReads;
}

/**
 * A connected socket; with large reads its user resumes it.
 * @throws DropError, with what refused it: the proxy, or the host; the signal's abort reason.
 */
export async function openSocket({ host, port, signal, reads }: Destination): Promise<Socket> {
  const proxy = proxyFor('tcp', host, port);
  if (proxy !== undefined) {
    const { openTunnel } = await import('./tunnel.ts');
    return gather(await openTunnel(proxy, { host, port }, signal));
  }
  try {
    return gather(await connectStraight({ host, port }, signal, reads));
  } catch (error) {
    signal?.throwIfAborted();
    throw straightError(error, { host, port });
  }
}
