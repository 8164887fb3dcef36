/** A real browser, and pages in it as people use them: Debian's chromium, driven by playwright-core. */
import { existsSync } from 'node:fs';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import type { Live } from './btr.ts';
import type { Person } from './stage.ts';
import { startWeb } from './web.ts';

const program = '/usr/bin/chromium';

/** Why tests in a browser are skipped here; false where they are not. */
export const noBrowser = !existsSync(program) && `${program} is not there (test/system/setup.sh installs it)`;

/** How long to wait for something to be seen, in milliseconds. */
const patience = 30_000;

/**
 * To be closed by who starts it. Nothing in it asks anybody but the page's own server for anything.
 * @param more of chromium's switches.
 */
export function startBrowser(...more: string[]): Promise<Browser> {
  const args = [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    ...more,
  ];
  return chromium.launch({ executablePath: program, args });
}

interface Started {
  readonly live: Live;
  readonly link: string;
}

/** A person's `btr web` and its page in a window of its own. */
export class Window implements AsyncDisposable {
  readonly page: Page;
  readonly live: Live;
  /** What the browser complained of: errors of scripts, and whatever the page's policy forbade. */
  readonly complaints: string[] = [];

  private constructor(page: Page, live: Live) {
    this.page = page;
    this.live = live;
    page.on('pageerror', (error) => this.complaints.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error') this.complaints.push(message.text());
    });
  }

  static async open(
    browser: Browser,
    person: Person,
    { args = [], ...looks }: BrowserContextOptions & { readonly args?: readonly string[] } = {},
  ): Promise<Window> {
    return Window.at(browser, await startWeb(person, ...args), looks);
  }

  /** Opens the link of a `btr web` that runs. */
  static async at(browser: Browser, { live, link }: Started, looks: BrowserContextOptions = {}): Promise<Window> {
    const context = await browser.newContext({ viewport: { width: 1100, height: 720 }, ...looks });
    context.setDefaultTimeout(patience);
    const window = new Window(await context.newPage(), live);
    await window.page.goto(link);
    return window;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.page.context().close();
    await this.live.kill('SIGINT');
  }
}

/** A browser without a screen has every page in view: this one is told that it is not, or is again. */
export function hide(page: Page, isHidden: boolean): Promise<void> {
  return page.evaluate(`{
    Object.defineProperty(document, 'visibilityState', { configurable: true, value: '${isHidden ? 'hidden' : 'visible'}' });
    document.hasFocus = () => ${!isHidden};
    document.dispatchEvent(new Event('visibilitychange'));
    dispatchEvent(new Event('${isHidden ? 'blur' : 'focus'}'));
  }`);
}

/** Waits until this is so in the page: an expression; the page's policy forbids what playwright would do for it. */
export async function until(page: Page, expression: string): Promise<void> {
  while (!(await page.evaluate(expression))) await page.evaluate('new Promise(requestAnimationFrame)');
}
