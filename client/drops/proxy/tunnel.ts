/** A connection through a proxy: SOCKS5 (RFC 1928, RFC 1929) or CONNECT of HTTP (RFC 9110, section 9.3.6). */
import { once } from 'node:events';
import { isIP, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { SocksClient } from 'socks';
import { errorCode, errorText } from '../../errors.ts';
import { proxyError, type Target } from './errors.ts';
import { bracketed, type ProxyServer } from './settings.ts';
import { connectStraight } from './straight.ts';

/** As for the AWS SDK: see drops/aws/node-http.ts. */
const { request } = process.getBuiltinModule('node:http');

/** Milliseconds until a way must be open. Tor needs some for a new circuit. */
const patience = 20_000;

/** A socket to the target, which the proxy looks up. @throws DropError; the signal's abort reason. */
export async function openTunnel(proxy: ProxyServer, target: Target, signal?: AbortSignal): Promise<Socket> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), patience);
  const either = signal === undefined ? late.signal : AbortSignal.any([signal, late.signal]);
  try {
    const socket = await reach(proxy, target, either);
    return await handshake(proxy, target, socket, either);
  } catch (error) {
    signal?.throwIfAborted();
    throw late.signal.aborted ? proxyError('noAnswer', proxy, target) : error;
  } finally {
    clearTimeout(timer);
  }
}

/** A socket to the proxy itself, in TLS where it is one of https. */
async function reach(proxy: ProxyServer, target: Target, signal: AbortSignal): Promise<Socket> {
  try {
    const socket = await connectStraight(proxy, signal);
    if (proxy.scheme !== 'https') return socket;
    const secure = connectTls({
      socket,
      ...(isIP(proxy.host) === 0 ? { servername: proxy.host } : { host: proxy.host }),
    });
    try {
      await once(secure, 'secureConnect', { signal });
    } catch (error) {
      secure.destroy();
      throw error;
    }
    return secure;
  } catch {
    throw proxyError('unreachable', proxy, target);
  }
}

async function handshake(proxy: ProxyServer, target: Target, socket: Socket, signal: AbortSignal): Promise<Socket> {
  const end = () => socket.destroy();
  // Until its user listens, nobody else would hear of it.
  socket.on('error', end);
  signal.addEventListener('abort', end, { once: true });
  try {
    signal.throwIfAborted();
    await (proxy.scheme === 'socks5' ? socks(proxy, target, socket) : connectMethod(proxy, target, socket));
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    signal.removeEventListener('abort', end);
  }
}

async function socks(proxy: ProxyServer, target: Target, socket: Socket): Promise<void> {
  const { host, port, user, password } = proxy;
  const login = user === '' && password === '' ? {} : { userId: user, password };
  try {
    await SocksClient.createConnection({
      command: 'connect',
      proxy: { host, port, type: 5, ...login },
      destination: { host: target.host, port: target.port },
      existing_socket: socket,
      timeout: patience * 2,
    });
  } catch (error) {
    throw proxyError(socksMeaning(errorText(error)), proxy, target);
  }
  await keepEarly(socket);
}

/** The library puts the proxy's reply code (RFC 1928, section 6) behind a dash. */
function socksMeaning(text: string): Parameters<typeof proxyError>[0] {
  if (/authentication/i.test(text)) return 'credentials';
  if (/ - NotAllowed$/.test(text)) return 'refused';
  if (/rejected connection - /.test(text)) return 'noRoute';
  return /^Received invalid/.test(text) ? 'badAnswer' : 'lost';
}

/**
 * In its next turn the library lets the socket flow and emits what came with the reply, heard or not. That is kept here,
 * and the socket handed over as if nobody had read: a listener for `readable` that goes again leaves it so.
 */
async function keepEarly(socket: Socket): Promise<void> {
  const early: Buffer[] = [];
  const keep = (bytes: Buffer) => void early.push(bytes);
  socket.on('data', keep);
  await turn();
  socket.pause().off('data', keep);
  if (early.length > 0) socket.unshift(Buffer.concat(early));
  const nothing = () => {};
  socket.on('readable', nothing).off('readable', nothing);
  await turn();
}

async function connectMethod(proxy: ProxyServer, target: Target, socket: Socket): Promise<void> {
  const authority = `${bracketed(target.host)}:${target.port}`;
  const login = `${proxy.user}:${proxy.password}`;
  const headers = {
    host: authority,
    ...(login === ':' ? {} : { 'proxy-authorization': `Basic ${Buffer.from(login).toString('base64')}` }),
  };
  const asked = request({ method: 'CONNECT', path: authority, headers, createConnection: () => socket });
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  asked.on('error', reject).on('connect', ({ statusCode = 0 }, _, head) => {
    if (head.length > 0) socket.unshift(head);
    resolve(statusCode);
  });
  asked.end();
  const status = await promise.catch((error) => {
    throw proxyError(errorCode(error)?.startsWith('HPE_') ? 'badAnswer' : 'lost', proxy, target);
  });
  if (status >= 200 && status < 300) return;
  // 401 is wrong here (RFC 9110, section 11.7.1), and what tinyproxy says to a wrong password.
  if (status === 407 || status === 401) throw proxyError('credentials', proxy, target);
  throw proxyError(status >= 500 ? 'noRoute' : 'refused', proxy, target);
}
