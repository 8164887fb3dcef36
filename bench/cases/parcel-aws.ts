/** A large file through the embedded cloud's S3, beside a plain upload and download with the SDK. */
import { join } from 'node:path';
import type { Bench } from '../bench.ts';
import type { Case } from '../case.ts';
import { type Contestant, raceParcels } from '../parcel-race.ts';
import { sdkProgram } from '../peers/sdk-program.ts';

export const parcelAws: Case = {
  name: 'parcel-aws',
  about:
    'The same over the embedded cloud (files in memory, a cloud for each: a fresh one to put to, and one that has been running to get from), beside a multipart upload and a ranged download with the SDK, four parts of 8 MiB in flight, without encryption; whole processes of all, and the program with the SDK is bundled as btr is.',
  async run(bench) {
    const peers = new Map<string, Contestant>([['SDK', sdkProgram(bench, bench.peers.sdkParcel)]]);
    if (bench.peers.programs.has('rclone')) peers.set('rclone', rclone(bench));
    else bench.missing.add('rclone');
    return raceParcels(bench, { name: 'parcel-aws', kind: 'cloud', peers });
  },
};

/** rclone as it comes. */
function rclone(bench: Bench): Contestant {
  return async (cloud, file, folder) => {
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
      (await bench.runWarm({ file: 'rclone', args: ['--quiet', 'copyto', from, to], env })).seconds;
    return { put: () => time(file, there), get: (path) => time(there, path) };
  };
}
