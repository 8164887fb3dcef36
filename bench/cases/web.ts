/** How smooth the page of `btr web` is. */
import { setTimeout as sleep } from 'node:timers/promises';
import { noBrowser, startBrowser } from '../../test/tools/browser.ts';
import { Served } from '../browser.ts';
import { aimAt, type Case, type Row } from '../case.ts';
import { fillHome, textOf } from '../filled-home.ts';
import { makeFolderPair } from '../people.ts';
import { Running } from '../processes.ts';
import { median, percentile } from '../statistics.ts';

/** Pixels in a frame: about half a window. */
const step = 350;
const arrivals = 100;
/** Milliseconds between them. */
const pause = 10;
/** A frame that a person sees stumble, in milliseconds. */
const slow = 50;

const plainPage = 'plain page';
type Frames = readonly number[];

export const web: Case = {
  name: 'web',
  about:
    'Milliseconds between the frames of a browser while the page of `btr web` is scrolled through this many messages, half a window in each frame, and while 100 messages of the buddy arrive within a second. Beside it a page that holds the same messages in one plain list, whose new ones come over a stream of their own, not sealed. The row without a step is the 95th percentile while scrolling.',
  async run(bench) {
    if (noBrowser) {
      bench.missing.add('chromium, without which there is no case web');
      return [];
    }
    const { alice, bob } = await makeFolderPair(bench, await bench.folder());
    const { scrolled } = bench.sizes;
    await fillHome(alice.home, scrolled);
    const args = [bench.peers.plainPage, `${scrolled}`];
    await using browser = await startBrowser();
    const newest = textOf(scrolled - 1);

    const measure = async (served: Served, lines: () => Pick<Running, 'write'>) => {
      await served.open(newest);
      const coming = await whileArriving(served, lines());
      const scrolling = await served.frames(textOf(0), 'first', step);
      return { coming, scrolling };
    };
    const ours = await (async () => {
      await using served = await Served.start(browser, alice.command(['web', '--no-open']));
      const sending = new Running(bob.command(['send', 'alice']));
      const frames = await measure(served, () => sending);
      await sending.end('input');
      return frames;
    })();
    const theirs = await (async () => {
      await using served = await Served.start(browser, { file: process.execPath, args, env: process.env });
      return measure(served, () => served.server);
    })();
    return [...rowsOf('scrolling', ours.scrolling, theirs.scrolling), ...rowsOf('arrivals', ours.coming, theirs.coming)];
  },
};
