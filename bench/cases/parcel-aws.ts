/** A large file through the embedded cloud's S3, beside a plain upload and download with the SDK. */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bench } from '../bench.ts';
import type { Case } from '../case.ts';
import { type Endpoint, startEndpoint } from '../endpoints/endpoint.ts';
import { assertSame, makeFile } from '../files.ts';
import { parcelRows, passFile, rate } from '../parcel.ts';
import { makePair } from '../people.ts';
import { run } from '../processes.ts';
import { type Measured, median } from '../statistics.ts';

interface Times {
  /** Seconds. */
  readonly put: number;
  readonly get: number;
}

type Contestant = (cloud: Endpoint, file: string, folder: string) => Promise<Times>;

export const parcelAws: Case = {
  name: 'parcel-aws',
  about:
    'The same over the embedded cloud (files in memory, a fresh cloud for each transfer), beside a multipart upload and a ranged download with the SDK, four parts of 8 MiB in flight, without encryption; whole processes of all, and the program with the SDK is bundled as btr is.',
  async run(bench) {
    const folder = await bench.memoryFolder();
    try {
      const file = join(folder, 'file');
      await makeFile(file, bench.sizes.parcelBytes);
      const times = await allTimes(bench, file, folder);
      const { parcelBytes } = bench.sizes;
      const of = (step: keyof Times): Measured =>
        new Map([...times].map(([name, list]) => [name, rate(parcelBytes, median(list.map((one) => one[step])))]));
      return parcelRows('parcel-aws', of('put'), of('get'), 0.9);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

/** Each with a cloud of its own: one that already holds memory would be faster for whoever comes later. */
async function allTimes(bench: Bench, file: string, folder: string): Promise<Map<string, Times[]>> {
  const contestants = new Map<string, Contestant>([
    ['btr', (...place) => ours(bench, ...place)],
    ['SDK', (...place) => plain(bench, ...place)],
  ]);
  if (bench.peers.programs.has('rclone')) contestants.set('rclone', (...place) => rclone(bench, ...place));
  else bench.missing.add('rclone');
  const times = new Map<string, Times[]>([...contestants.keys()].map((name) => [name, []]));
  for (let round = 0; round <= bench.sizes.parcelRuns; round++) {
    bench.say(`parcel-aws, round ${round}`);
    for (const [name, contestant] of contestants) {
      const cloud = await startEndpoint('cloud');
      const place = join(folder, 'place');
      try {
        await mkdir(place);
        const measured = await contestant(cloud, file, place);
        if (round > 0) times.get(name)?.push(measured);
      } finally {
        await cloud.close();
        await rm(place, { recursive: true, force: true });
      }
    }
  }
  return times;
}

async function ours(bench: Bench, cloud: Endpoint, file: string, folder: string): Promise<Times> {
  const passed = await passFile(await makePair(bench, folder, cloud.drops, cloud.env), file, folder);
  await bench.once('parcel-aws compared', () => assertSame(file, passed.path));
  return passed;
}

async function plain(bench: Bench, cloud: Endpoint, file: string, folder: string): Promise<Times> {
  const { env } = bench.btr([], cloud.env);
  const time = async (how: 'put' | 'get', path: string) => {
    const args = [bench.peers.sdkParcel, how, cloud.spare.bucket, path];
    return (await run({ file: process.execPath, args, env })).seconds;
  };
  return { put: await time('put', file), get: await time('get', join(folder, 'received')) };
}

/** rclone as it comes. */
async function rclone(bench: Bench, cloud: Endpoint, file: string, folder: string): Promise<Times> {
  const env = {
    ...bench.btr([], cloud.env).env,
    RCLONE_CONFIG: join(folder, 'rclone.conf'),
    RCLONE_CONFIG_S3_TYPE: 's3',
    RCLONE_CONFIG_S3_PROVIDER: 'Other',
    RCLONE_CONFIG_S3_ENV_AUTH: 'true',
    RCLONE_CONFIG_S3_ENDPOINT: cloud.env.AWS_ENDPOINT_URL,
    RCLONE_S3_NO_CHECK_BUCKET: 'true',
  };
  const there = `s3:${cloud.spare.bucket}/rclone`;
  const time = async (from: string, to: string) =>
    (await run({ file: 'rclone', args: ['--quiet', 'copyto', from, to], env })).seconds;
  return { put: await time(file, there), get: await time(there, join(folder, 'rclone')) };
}
