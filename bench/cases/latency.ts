/** From the line typed on one side to the line shown on the other, both programs running. */
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Case } from '../case.ts';
import { startEndpoint } from '../endpoints/endpoint.ts';
import { peerScript } from '../peers/find.ts';
import { makePair } from '../people.ts';
import { Running } from '../processes.ts';
import { figure, interleaved } from '../statistics.ts';

/** Milliseconds between messages: people type one at a time, and each starts on an idle channel. */
const pace = 25;
const roundTrip = 'round trip of the endpoint';

export const latency: Case = {
  name: 'latency',
  about:
    'Half of all messages take at most this long from stdin of a running `btr send` to stdout of a running `btr listen`; beside it, one message from a send to a receive that waits, in one process with the SDK.',
  async run(bench) {
    const folder = await bench.folder();
    const cloud = await startEndpoint('cloud');
    try {
      const { alice, bob } = await makePair(bench, folder, cloud.drops, cloud.env);
      const listener = new Running(bob.command(['listen']));
      const sender = new Running(alice.command(['send']));
      const { env } = bench.btr([], cloud.env);
      const plain = new Running({
        file: process.execPath,
        args: [peerScript('round-trip.ts'), cloud.spare.queue],
        env,
      });
      let number = 0;
      const ours = async () => {
        await sleep(pace);
        const line = `message ${number++}`;
        const began = performance.now();
        sender.write(line);
        const shown = await listener.line();
        if (shown !== line) throw new Error(`${shown} was shown for ${line}`);
        return performance.now() - began;
      };
      const theirs = async () => {
        await sleep(pace);
        plain.write(`message ${number}`);
        return Number(await plain.line());
      };
      const contestants = new Map([
        ['btr', ours],
        [roundTrip, theirs],
      ]);
      const measured = await interleaved(contestants, bench.sizes.latencies);
      await Promise.all([sender.end('input'), plain.end('input')]);
      await listener.end('interrupt');
      const [own, least] = [figure(measured, 'btr'), figure(measured, roundTrip)];
      const aim = { text: `within 10 ms of the ${roundTrip}`, met: own <= least + 10 };
      return [{ name: 'latency', unit: 'ms (p50)', ours: own, peers: { [roundTrip]: least }, aim }];
    } finally {
      await cloud.close();
    }
  },
};
