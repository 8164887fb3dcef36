/** What went wrong on the way to a drop's host: with the proxy, in the proxy's words, or without one. */
import { DropError, errorCode } from '../../errors.ts';
import { bracketed, type ProxyServer } from './settings.ts';

export interface Target {
  readonly host: string;
  readonly port: number;
}

interface Meaning {
  readonly code: string;
  readonly retryable: boolean;
  readonly text: string;
  readonly hint: string;
}

/** `PROXY` and `HOST` stand for their names. */
const meanings = {
  unreachable: {
    code: 'proxy-unreachable',
    retryable: true,
    text: "The proxy PROXY can't be reached.",
    hint: 'Check that it runs, and what --proxy or ALL_PROXY, HTTPS_PROXY and HTTP_PROXY say. Nothing goes past it.',
  },
  noAnswer: {
    code: 'proxy-no-answer',
    retryable: true,
    text: 'The proxy PROXY did not open a way to HOST in time.',
    hint: 'Try again; if it stays so, check that the proxy itself has a connection.',
  },
  credentials: {
    code: 'proxy-credentials',
    retryable: false,
    text: 'The proxy PROXY asks for a user and a password, or refuses those it was given.',
    hint: 'Put them into ALL_PROXY (socks5://USER:PASSWORD@HOST:PORT); --proxy takes none, as others could see them.',
  },
  refused: {
    code: 'proxy-refused',
    retryable: false,
    text: 'The proxy PROXY does not let anybody through to HOST.',
    hint: 'Ask whoever runs it to allow this host and port, or take another proxy.',
  },
  noRoute: {
    code: 'proxy-host-unreachable',
    retryable: true,
    text: "The proxy PROXY can't reach HOST: the name is unknown there, or nothing answers.",
    hint: "Check the drop's address; the name is looked up by the proxy, never here. Then try again.",
  },
  lost: {
    code: 'proxy-connection-lost',
    retryable: true,
    text: 'The proxy PROXY broke off before it opened a way to HOST.',
    hint: 'Try again; if it stays so, check whether it is one of SOCKS (socks5://) or of HTTP (http://).',
  },
  badAnswer: {
    code: 'proxy-bad-answer',
    retryable: false,
    text: 'What answers at PROXY is no such proxy.',
    hint: 'Check the port, and whether it is one of SOCKS (socks5://) or of HTTP (http://).',
  },
} satisfies Record<string, Meaning>;

/** The cause is never a library's error: those hold the proxy's password. */
export function proxyError(name: keyof typeof meanings, proxy: ProxyServer, target: Target): DropError {
  const { code, retryable, text, hint } = meanings[name];
  const words: Readonly<Record<string, string>> = { PROXY: proxy.name, HOST: nameOf(target) };
  return new DropError(
    text.replace(/PROXY|HOST/g, (word) => words[word] ?? word),
    { code, retryable, hint },
  );
}

/** By the system's codes: what it was, where no proxy is on the way. */
export function straightError(error: unknown, target: Target): DropError {
  const name = nameOf(target);
  const code = errorCode(error) ?? '';
  const details = { retryable: true, cause: error };
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    const hint = 'Check the name and the network connection.';
    return new DropError(`The address of ${name} can't be found (DNS).`, { ...details, code: 'dns-failure', hint });
  }
  if (code === 'ECONNREFUSED') {
    const hint = 'Check the host and the port, and that its server runs.';
    return new DropError(`${name} refused the connection.`, { ...details, code: 'connection-refused', hint });
  }
  const hint = 'Check the host and the network connection, then try again.';
  return new DropError(`${name} can't be reached.`, { ...details, code: 'unreachable', hint });
}

function nameOf({ host, port }: Target): string {
  return `${bracketed(host)}:${port}`;
}
