/** Which proxy a destination is reached through: the one that was given, else what the usual variables say. */
import { DropError, UsageError } from '../../errors.ts';
import { isExcepted, isLoopback } from './no-proxy.ts';

export interface ProxyServer {
  readonly scheme: 'socks5' | 'http' | 'https';
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** For people: without user and password. */
  readonly name: string;
}

/** `tcp` is what no variable of its own is for: everything but HTTP. */
export type Protocol = 'http' | 'https' | 'tcp';

/** The variables that may name its proxy, as curl(1) orders them, each in small letters and then in capitals. */
const variablesOf: Readonly<Record<Protocol, readonly string[]>> = {
  http: ['http_proxy', 'all_proxy'],
  https: ['https_proxy', 'all_proxy'],
  // Who has a proxy for the web alone does not expect the rest to go past it.
  tcp: ['all_proxy', 'https_proxy', 'http_proxy'],
};

const schemes: Readonly<Record<string, { readonly scheme: ProxyServer['scheme']; readonly port: number }>> = {
  'socks:': { scheme: 'socks5', port: 1080 },
  'socks5:': { scheme: 'socks5', port: 1080 },
  'socks5h:': { scheme: 'socks5', port: 1080 },
  'http:': { scheme: 'http', port: 80 },
  'https:': { scheme: 'https', port: 443 },
};

const forms = 'A proxy is socks5://HOST:PORT (Tor: socks5://127.0.0.1:9050), http://HOST:PORT or https://HOST:PORT.';

/** Bytes of a user or a password that SOCKS has room for (RFC 1929, section 2). */
const longestLogin = 255;

let given: ProxyServer | undefined;

/**
 * Takes this proxy from now on, for the whole process and every destination: `socks5://`, `socks5h://`, `http://` or
 * `https://`, names always resolved by the proxy. Undefined: what ALL_PROXY, HTTPS_PROXY, HTTP_PROXY and NO_PROXY say,
 * save that this machine itself is reached straight: a proxy's `localhost` is another's.
 * @throws UsageError with code `bad-proxy`.
 */
export function useProxy(url: string | undefined): void {
  given = url === undefined ? undefined : parseProxy(url);
  if (url === undefined || given !== undefined) return;
  throw new UsageError('What was given as the proxy is none that btr can use.', { code: 'bad-proxy', hint: forms });
}

/** Whether anything at all may go through a proxy. */
export function isProxySet(): boolean {
  return given !== undefined || variablesOf.tcp.some((name) => variable(name) !== undefined);
}

/** Undefined: it is reached straight. @throws DropError with code `bad-proxy` where a variable holds none. */
export function proxyFor(protocol: Protocol, host: string, port: number): ProxyServer | undefined {
  if (given !== undefined) return given;
  const name = variablesOf[protocol].find((one) => variable(one) !== undefined);
  if (name === undefined || isLoopback(host) || isExcepted(variable('no_proxy') ?? '', host, port)) return undefined;
  const proxy = parseProxy(variable(name) ?? '');
  if (proxy !== undefined) return proxy;
  const text = `What the variable ${name.toUpperCase()} holds is no proxy that btr can use.`;
  throw new DropError(text, { code: 'bad-proxy', hint: forms, retryable: false });
}

/** What makes a child process take the proxy that was given; nothing where none was: it inherits the variables. */
export function proxyVariables(): Readonly<Record<string, string>> {
  if (given === undefined) return {};
  const { scheme, host, port, user, password } = given;
  const login = user === '' && password === '' ? '' : `${encodeURIComponent(user)}:${encodeURIComponent(password)}@`;
  // With the h, others leave names to the proxy too.
  const url = `${scheme === 'socks5' ? 'socks5h' : scheme}://${login}${bracketed(host)}:${port}`;
  const variables = [...variablesOf.tcp.map((name) => [name, url] as const), ['no_proxy', ''] as const];
  return Object.fromEntries(
    variables.flatMap(([name, value]) => [
      [name, value],
      [name.toUpperCase(), value],
    ]),
  );
}

/** An IPv6 address as URLs and CONNECT write it (RFC 3986, section 3.2.2). */
export function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

function variable(name: string): string | undefined {
  return process.env[name] || process.env[name.toUpperCase()] || undefined;
}

/** Undefined where it is none. Nobody quotes what can't be read: there may be a password in it. */
function parseProxy(text: string): ProxyServer | undefined {
  // Without a scheme it is one of HTTP, as curl(1) has it.
  const url = URL.parse(text.includes('://') ? text : `http://${text}`);
  const known = url === null ? undefined : schemes[url.protocol];
  if (url === null || known === undefined || url.hostname === '') return undefined;
  if (/[^/]/.test(url.pathname + url.search + url.hash)) return undefined;
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = url.port === '' ? known.port : Number(url.port);
  const [user, password] = [decode(url.username), decode(url.password)];
  if ([user, password].some((text) => Buffer.byteLength(text) > longestLogin)) return undefined;
  return { scheme: known.scheme, host, port, user, password, name: `${known.scheme}://${bracketed(host)}:${port}` };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A lone % stands for itself.
    return text;
  }
}
