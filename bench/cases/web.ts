/** How smooth the page of `btr web` is. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser } from 'playwright-core';
import { noBrowser, startBrowser } from '../../test/tools/browser.ts';
import { plainPage, Served } from '../browser.ts';
import type { Aim, Case, Row } from '../case.ts';
import { fillHome, textOf } from '../filled-home.ts';
import { makeFolderPair } from '../people.ts';
import { type Command, Running } from '../processes.ts';
import { median, percentile } from '../statistics.ts';

/** Pixels in a frame: about half a window. */
const step = 350;
const arrivals = 100;
/** Milliseconds between them. */
const pause = 10;
/** The browser's pace, rounded up: milliseconds of a frame. */
const frame = 17;
/** A frame that a person sees stumble, in milliseconds. */
const slow = 50;

export const web: Case = {
  name: 'web',
  about:
    'Milliseconds between the frames of a browser while the page of `btr web` is scrolled through this many messages, half a window in each frame, and while 100 messages of the buddy arrive within a second. Beside it a page that holds the same messages in one plain list, whose new ones come over a stream of their own, not sealed. The main row is the 95th percentile while scrolling.',
  async run(bench) {
    if (noBrowser) {
      bench.missing.add('chromium, without which there is no case web');
      return [];
    }
    const { alice, bob } = await makeFolderPair(bench, await bench.folder());
    const { scrolled } = bench.sizes;
    await fillHome(alice.home, scrolled);
    await using browser = await startBrowser();
    const sender = new Running(bob.command(['send', 'alice']));
    const ours = await watch(browser, alice.command(['web', '--no-open']), scrolled, () => sender);
    await sender.end('input');
    const theirs = await watch(browser, await plainPage(bench, scrolled), scrolled, ({ server }) => server);
    return rowsOf(ours, theirs);
  },
};

type Frames = readonly number[];
type Writer = Pick<Running, 'write'>;

interface Watched {
  readonly arriving: Frames;
  readonly scrolling: Frames;
}

/** @param writer what takes the lines that the page is to show. */
async function watch(
  browser: Browser,
  command: Command,
  count: number,
  writer: (served: Served) => Writer,
): Promise<Watched> {
  await using served = await Served.start(browser, command);
  await served.open(textOf(count - 1));
  const sender = writer(served);
  // Whoever sends has started once the first one is there.
  sender.write(arrivalText(0));
  await served.framesUntilLast(arrivalText(0));
  const arriving = served.framesUntilLast(arrivalText(arrivals));
  for (let number = 1; number <= arrivals; number++) {
    sender.write(arrivalText(number));
    await sleep(pause);
  }
  return { arriving: await arriving, scrolling: await served.framesUntilFirst(textOf(0), step) };
}

function arrivalText(number: number): string {
  return `arrival ${number} of a sudden`;
}

function rowsOf(ours: Watched, theirs: Watched): Row[] {
  const scrolling = rowMaker(ours.scrolling, theirs.scrolling);
  const arriving = rowMaker(ours.arriving, theirs.arriving);
  return [
    { ...scrolling('web', 'ms (p95)', high), aim: aimFor(high(ours.scrolling), high(theirs.scrolling)) },
    scrolling('web (scrolling, median)', 'ms', median),
    scrolling(`web (scrolling, frames over ${slow} ms)`, '%', shareOfSlow),
    arriving('web (arrivals, p95)', 'ms', high),
    arriving('web (arrivals, median)', 'ms', median),
    arriving(`web (arrivals, frames over ${slow} ms)`, '%', shareOfSlow),
  ];
}

/** Frames come at a fixed pace, so that a ratio would jump from 1 to 2: one frame more is granted. */
function aimFor(ours: number, theirs: number): Aim {
  return { text: `at most ${frame} ms above the plain page`, met: ours <= theirs + frame };
}

function rowMaker(ours: Frames, theirs: Frames) {
  return (name: string, unit: string, figure: (frames: Frames) => number): Row => ({
    name,
    unit,
    ours: figure(ours),
    peers: { 'plain page': figure(theirs) },
  });
}

function high(frames: Frames): number {
  return percentile(frames, 95);
}

function shareOfSlow(frames: Frames): number {
  return (100 * frames.filter((milliseconds) => milliseconds > slow).length) / frames.length;
}
