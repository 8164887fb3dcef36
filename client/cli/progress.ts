/** Progress of files: a bar on a terminal, events with --json, nothing else. */
import type { SingleBar } from 'cli-progress';
import { size } from '../ui/format.ts';
import { visible } from '../ui/visible.ts';
import type { Output } from './output.ts';
import { isDumb, type Terminal } from './terminal.ts';

/** Events are at least so far apart, in milliseconds. */
const eventPause = 200;

interface Progress {
  update(done: number, total: number | undefined): void;
  stop(): void;
}

/** @param id what events name the transfer by. @param label what stands beside the bar. */
export async function startProgress(terminal: Terminal, output: Output, id: string, label: string): Promise<Progress> {
  if (output.json) return eventProgress(output, id);
  if (output.quiet || !terminal.stderr.isTTY || isDumb(terminal)) return { update() {}, stop() {} };
  return barProgress(terminal, label);
}

function eventProgress(output: Output, id: string): Progress {
  let last = 0;
  return {
    update(done, total) {
      const now = performance.now();
      if (now - last < eventPause && done !== total) return;
      last = now;
      output.event({ event: 'progress', id, done, total: total ?? null });
    },
    stop() {},
  };
}

async function barProgress({ stderr }: Terminal, label: string): Promise<Progress> {
  const { default: library } = await import('cli-progress');
  const format = `${visible(label).slice(0, 40)} {bar} {percentage}% {at} {rate}/s {eta_formatted}`;
  const options = { format, stream: stderr, hideCursor: true, clearOnComplete: false, barsize: 24, fps: 8 };
  let bar: SingleBar | undefined;
  const began = performance.now();
  return {
    update(done, total) {
      const rate = size(done / Math.max(0.001, (performance.now() - began) / 1000));
      const payload = { at: size(done), rate };
      if (!bar) {
        bar = new library.SingleBar(options, library.Presets.shades_classic);
        bar.start(total ?? Math.max(done, 1), done, payload);
      }
      if (total === undefined) bar.setTotal(Math.max(done, 1));
      bar.update(done, payload);
    },
    stop() {
      bar?.stop();
    },
  };
}
