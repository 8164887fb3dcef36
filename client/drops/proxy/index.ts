/**
 * How every drop gets to its host: straight, or through the proxy that the user chose. Nothing else in client/drops
 * opens a connection or looks a name up.
 */
import type * as http from 'node:http';
import type * as https from 'node:https';
import { connect as connectSocket, type Socket } from 'node:net';

/**
 * Takes this proxy from now on, for the whole process: `socks5://`, `socks5h://` or `http://`, names always resolved by
 * the proxy. Undefined: what ALL_PROXY, HTTPS_PROXY, HTTP_PROXY and NO_PROXY say.
 * @throws UsageError with code `bad-proxy`.
 */
export function useProxy(_url: string | undefined): void {}

/** Agents for a host's HTTP clients; undefined: no proxy for that host, so the client's own do. */
export function proxyAgents(_url: URL): { readonly http: http.Agent; readonly https: https.Agent } | undefined {
  return undefined;
}

export interface Destination {
  readonly host: string;
  readonly port: number;
  readonly signal?: AbortSignal | undefined;
}

/** A connected socket. @throws DropError, with what refused it: the proxy, or the host. */
export function openSocket({ host, port, signal }: Destination): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connectSocket({ host, port, ...(signal ? { signal } : {}) });
    socket.once('connect', () => resolve(socket));
    socket.once('error', reject);
  });
}
