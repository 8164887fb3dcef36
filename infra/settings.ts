/**
 * What can be set when channels are deployed. One channel, each as `-c key=value` of the CDK's command line:
 *
 * - `buddies=alice,bob`: whom the channel is for. The first has role a, the second role b.
 * - `NAME=arn:...[,arn:...]`: that buddy gets a role for these principals to assume, in place of an IAM user.
 * - `NAME=removed`: that buddy has no part in the channel any more.
 * - `expiry=off`: no function that removes what has expired. `alarms=off`: no alarms. `alarmEmail=ADDRESS`: who is told.
 * - `bucketRemoval=retain`: the bucket stays when the stack goes; otherwise it goes once it is empty.
 * - `allowSwap=true`: both buddies may do what the other may, for test stacks and `btr swap`.
 * - `prefix`, `aToB`, `bToA`, `bucket`: physical names, see names.ts.
 *
 * Several channels, or tags, in a file `btr.infra.json`, or what `-c config=FILE` names; with `buddies` it is not read.
 */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { type ChannelSettings, readChannel } from './settings/channel.ts';
import { channelOfContext, strayKeys } from './settings/context.ts';
import { readText, wrong } from './settings/fields.ts';
import { channelsOfFile } from './settings/file.ts';
import type { GivenChannel } from './settings/given.ts';
import type { TakenNames } from './settings/physical-names.ts';

const usualFile = 'btr.infra.json';

/**
 * @param folder where a file is looked for.
 * @returns at least one channel.
 * @throws UsageError that names the field and the rule.
 */
export function readSettings(context: Readonly<Record<string, unknown>>, folder = process.cwd()): ChannelSettings[] {
  const taken: TakenNames = new Map();
  return given(context, folder).map((channel) => readChannel(channel, taken));
}

function given(context: Readonly<Record<string, unknown>>, folder: string): GivenChannel[] {
  if (context.buddies !== undefined && context.buddies !== '') return [channelOfContext(context)];
  const file = readText({ name: 'config', value: context.config });
  if (file === undefined && !existsSync(resolve(folder, usualFile))) {
    throw wrong(
      'buddies',
      'whom is the channel for?',
      'For example: npx cdk deploy -c buddies=alice,bob',
      'no-buddies',
    );
  }
  const [stray] = strayKeys(context);
  if (stray !== undefined) {
    throw wrong(
      stray,
      'goes with `buddies`, and there are none beside it.',
      `Write it into ${file ?? usualFile} instead.`,
    );
  }
  return channelsOfFile(resolve(folder, file ?? usualFile));
}
