/** A page from a server of this machine, in a browser that runs already: when it shows something, and how smoothly. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { type Bench, cleanEnvironment } from './bench.ts';
import { textOf } from './filled-home.ts';
import { type Command, Running } from './processes.ts';

/** What both pages have: a section with this class scrolls a list of messages. */
const list = 'document.querySelector(".history")';

/** A server that prints its link as its first line, and a window for it. */
export class Served implements AsyncDisposable {
  readonly page: Page;
  readonly link: string;
  /** When the link was printed, in milliseconds from the server's start. */
  readonly printed: number;
  readonly #began: number;
  readonly server: Running;

  private constructor(page: Page, server: Running, begin: { readonly began: number; readonly link: string }) {
    this.page = page;
    this.link = begin.link;
    this.printed = now() - begin.began;
    this.#began = begin.began;
    this.server = server;
  }

  /** The window is there before the server is started. */
  static async start(browser: Browser, command: Command): Promise<Served> {
    const context = await browser.newContext({ viewport: { width: 1100, height: 720 } });
    const page = await context.newPage();
    const began = now();
    const server = new Running(command);
    return new Served(page, server, { began, link: await server.line() });
  }

  /** Opens the page. Answers when it had painted this text at the end of its list, in milliseconds from the start. */
  async open(text: string): Promise<number> {
    await this.page.goto(this.link, { waitUntil: 'commit' });
    const painted: number = await this.page.evaluate(`new Promise((resolve) => {
      const look = () => {
        const row = ${list}?.querySelector('ol')?.lastElementChild;
        const isSeen = row?.textContent.includes(${JSON.stringify(text)}) && row.getBoundingClientRect().bottom <= innerHeight;
        if (isSeen) setTimeout(() => resolve(performance.timeOrigin + performance.now()));
        else requestAnimationFrame(look);
      };
      requestAnimationFrame(look);
    })`);
    return painted - this.#began;
  }

  /** Milliseconds between the browser's frames, from now until this text stands at the list's end. */
  framesUntilLast(text: string): Promise<readonly number[]> {
    return this.#frames(`rows.at(-1).textContent.includes(${JSON.stringify(text)})`);
  }

  /** The same while it scrolls up, so many pixels in each frame, until this text stands at the list's beginning. */
  framesUntilFirst(text: string, step: number): Promise<readonly number[]> {
    const isShown = `rows.slice(0, 3).some((row) => row.textContent.includes(${JSON.stringify(text)}))`;
    return this.#frames(`list.scrollTop === 0 && ${isShown}`, `list.scrollTop -= ${step}`);
  }

  /** From the last frame before it on: one that is long in coming counts, too. @param isOver of `list` and `rows`. */
  #frames(isOver: string, work = ''): Promise<readonly number[]> {
    return this.page.evaluate(`new Promise((resolve) => {
      const list = ${list};
      const frames = [];
      let last = document.timeline.currentTime;
      const frame = (time) => {
        frames.push(time - last);
        last = time;
        ${work};
        const rows = [...list.querySelector('ol').children];
        if (${isOver}) resolve(frames);
        else requestAnimationFrame(frame);
      };
      requestAnimationFrame(frame);
    })`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.page.context().close();
    await this.server.end('interrupt');
  }
}

/** The command of a plain page with the newest of so many messages. */
export async function plainPage(bench: Bench, messages: number, newest = messages): Promise<Command> {
  const texts = Array.from({ length: newest }, (_, index) => textOf(messages - newest + index));
  const file = join(await bench.folder(), 'messages.json');
  await writeFile(file, JSON.stringify(texts));
  return { file: process.execPath, args: [bench.peers.plainPage, file], env: cleanEnvironment() };
}

/** On the clock that the browser has, too. */
function now(): number {
  return performance.timeOrigin + performance.now();
}
