/** Destinations that are reached straight although a variable names a proxy. */
import { BlockList, isIP } from 'node:net';

/**
 * Whether NO_PROXY names this destination: names with all below them (`corp.example`, `.corp.example`,
 * `*.corp.example`), addresses, networks (`10.0.0.0/8`), each with a port where it is meant for that port alone, or `*`.
 */
export function isExcepted(list: string, host: string, port: number): boolean {
  const entries = list.toLowerCase().split(/[\s,]+/);
  return entries.some((entry) => entry !== '' && matches(entry, plain(host), port));
}

/** This machine itself (RFC 6761, section 6.3; RFC 6890, section 2.2). */
export function isLoopback(host: string): boolean {
  const name = plain(host);
  return name === 'localhost' || name.endsWith('.localhost') || isIn('127.0.0.0', 8, name) || isIn('::1', 128, name);
}

function matches(entry: string, host: string, port: number): boolean {
  if (entry === '*') return true;
  const {
    name = '',
    prefix,
    only,
  } = /^\[?(?<name>[^[\]/]+?)\]?(?:\/(?<prefix>\d+))?(?::(?<only>\d+))?$/.exec(isIP(entry) === 6 ? `[${entry}]` : entry)
    ?.groups ?? {};
  if (name === '' || (only !== undefined && Number(only) !== port)) return false;
  if (isIP(name) !== 0) return isIn(name, prefix === undefined ? undefined : Number(prefix), host);
  const suffix = name.replace(/^\*?\./, '').replace(/\.$/, '');
  return host === suffix || host.endsWith(`.${suffix}`);
}

function isIn(network: string, prefix: number | undefined, host: string): boolean {
  const family = isIP(network);
  if (isIP(host) === 0) return false;
  const bits = family === 4 ? 32 : 128;
  const length = prefix ?? bits;
  if (length > bits) return false;
  const type = family === 4 ? 'ipv4' : 'ipv6';
  const list = new BlockList();
  list.addSubnet(network, length, type);
  return list.check(host, isIP(host) === 4 ? 'ipv4' : 'ipv6');
}

function plain(host: string): string {
  return host
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '');
}
