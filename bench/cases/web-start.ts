/** How long `btr web` takes until one can read. */
import { noBrowser, startBrowser } from '../../test/tools/browser.ts';
import { plainPage, Served } from '../browser.ts';
import type { Case } from '../case.ts';
import { fillHome, textOf } from '../filled-home.ts';
import { makeFolderPair } from '../people.ts';
import type { Command } from '../processes.ts';
import { figure, interleaved, type Measure, median } from '../statistics.ts';

const limit = 800;
/** As many as btr's page asks for first. */
const firstPage = 80;

export const webStart: Case = {
  name: 'web-start',
  about:
    'From the start of `btr web` until a browser that runs already has painted the newest of the stored messages; its parts are the link on stdout, and the page. Beside it the least server in Node with a page of 80 messages in a plain list.',
  async run(bench) {
    if (noBrowser) {
      bench.missing.add('chromium, without which there is no case web-start');
      return [];
    }
    const { alice } = await makeFolderPair(bench, await bench.folder());
    const { interfaceHistory, starts } = bench.sizes;
    await fillHome(alice.home, interfaceHistory);
    const plain = await plainPage(bench, interfaceHistory, Math.min(firstPage, interfaceHistory));
    await using browser = await startBrowser();
    const newest = textOf(interfaceHistory - 1);
    // Of all rounds, the first of which warms up.
    const links: number[] = [];
    const pages: number[] = [];
    const timed = (command: Command, isOurs: boolean): Measure => {
      return async () => {
        await using served = await Served.start(browser, command);
        const painted = await served.open(newest);
        if (isOurs) {
          links.push(served.printed);
          pages.push(painted - served.printed);
        }
        return painted;
      };
    };
    const measured = await interleaved(
      new Map([
        ['btr', timed(alice.command(['web', '--no-open']), true)],
        ['plain page', timed(plain, false)],
      ]),
      starts,
    );
    const ours = figure(measured, 'btr');
    const peers = { 'plain page': figure(measured, 'plain page') };
    return [
      { name: 'web-start', unit: 'ms', ours, peers, aim: { text: `under ${limit} ms`, met: ours < limit } },
      { name: 'web-start (link)', unit: 'ms', ours: median(links.slice(1)), peers: {} },
      { name: 'web-start (page)', unit: 'ms', ours: median(pages.slice(1)), peers: {} },
    ];
  },
};
