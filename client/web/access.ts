/**
 * Who may talk with the page's server: the browser that was given a link by this terminal, and no page but ours.
 *
 * A link's token is good once and for ten minutes. It buys a cookie that is as good as the process lives, and that the
 * browser sends to one path alone, which nobody can guess. Cookies know no ports: without that path, whatever else
 * listens on 127.0.0.1, another user's program too, would get the cookie with any request that it can make the browser
 * send (RFC 6265 section 8.5).
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { HttpError } from './errors.ts';

/** How long a link is good, in milliseconds. */
const linkTime = 600_000;
/** Links that are open at once; a new one ends the oldest. */
const mostLinks = 8;

interface Link {
  readonly digest: Buffer;
  readonly expiresAt: number;
  readonly onUsed: () => void;
}

export class Access {
  /** The path that everything but the links is below; begins and ends with a slash. */
  readonly place = `/${randomBytes(16).toString('base64url')}/`;
  readonly host: string;
  readonly origin: string;
  readonly #cookieName: string;
  readonly #cookie = secret();
  readonly #now: () => number;
  #links: readonly Link[] = [];

  constructor(port: number, now: () => number = Date.now) {
    this.host = `127.0.0.1:${port}`;
    this.origin = `http://${this.host}`;
    this.#cookieName = `btr-${port}`;
    this.#now = now;
  }

  /** The address of the page for one browser, once. @param onUsed called when it was opened. */
  newLink(onUsed: () => void = () => {}): string {
    const token = secret();
    const link = { digest: digest(token), expiresAt: this.#now() + linkTime, onUsed };
    this.#links = [...this.#links.slice(1 - mostLinks), link];
    return `${this.origin}/?token=${token}`;
  }

  /** Takes a link's token: nobody can use it again. @throws HttpError 401. */
  takeToken(token: string): void {
    const given = digest(token);
    const link = this.#links.find(({ digest: known }) => timingSafeEqual(known, given));
    this.#links = this.#links.filter((other) => other !== link && other.expiresAt > this.#now());
    if (!link || link.expiresAt <= this.#now()) throw noEntry('This link was used before, or is too old.');
    link.onUsed();
  }

  /** The header that gives the cookie. */
  get setCookie(): string {
    return `${this.#cookieName}=${this.#cookie}; Path=${this.place}; HttpOnly; SameSite=Strict`;
  }

  /** Whatever comes from another place than our own page is refused before anything else is looked at. @throws HttpError 403. */
  checkOrigin({ headers, method = '' }: IncomingMessage): void {
    if (headers.host !== this.host) throw foreign('Host');
    const { origin } = headers;
    if (origin === undefined ? !isSafe(method) : origin !== this.origin) throw foreign('Origin');
    // Fetch Metadata. A link may be followed from anywhere: it shows a page that whoever links to it can't look into.
    const site = headers['sec-fetch-site'];
    if (site === undefined || site === 'same-origin' || site === 'none') return;
    const isLink = headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document';
    if (!isLink || !isSafe(method)) throw foreign('Sec-Fetch-Site');
  }

  /** @throws HttpError 401. */
  checkCookie({ headers }: IncomingMessage): void {
    const given = (headers.cookie ?? '').split('; ').find((pair) => pair.startsWith(`${this.#cookieName}=`));
    const value = given?.slice(this.#cookieName.length + 1) ?? '';
    if (!timingSafeEqual(digest(value), digest(this.#cookie))) throw noEntry('This page is not open in this browser.');
  }
}

/** Methods that change nothing. */
function isSafe(method: string): boolean {
  return method === 'GET' || method === 'HEAD';
}

function secret(): string {
  return randomBytes(32).toString('base64url');
}

/** Of one length whatever was given, so that comparing tells nothing. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function foreign(header: string): HttpError {
  return new HttpError(403, `This request does not come from the page (${header}).`, { code: 'foreign' });
}

function noEntry(text: string): HttpError {
  return new HttpError(401, text, {
    code: 'no-entry',
    hint: 'Press Enter in the terminal where btr web runs: it gives a new link.',
  });
}
