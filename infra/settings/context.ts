/** A channel given after `-c`, or in the `context` of cdk.json. */
import { isBuddyName } from '../../client/drops/aws/outputs.ts';
import { stranger } from './buddies.ts';
import { refuseUnknownKey } from './fields.ts';
import { channelKeys, flagKeys, type GivenChannel } from './given.ts';

type Context = Readonly<Record<string, unknown>>;

/** These have another form here: `-c NAME=ARN[,ARN...]`, `-c NAME=removed`; tags only in the file. */
const inFileOnly: readonly string[] = ['principals', 'removed', 'tags'];
const keys = channelKeys.filter((key) => !inFileOnly.includes(key));

/** The channel in the form of btr.infra.json. What is wrong in it is found when it is read. */
export function channelOfContext(context: Context): GivenChannel {
  const buddies = splitText(context.buddies);
  const names = Array.isArray(buddies) ? buddies.filter((name) => typeof name === 'string') : [];
  const ofBuddies = Object.entries(context).filter(([key]) => names.includes(key) && !isSetting(key));
  refuseStrangers(context, names);
  const removed = ofBuddies.filter(([, value]) => value === 'removed').map(([name]) => name);
  const principals = ofBuddies.filter(([, value]) => value !== 'removed');
  const settings = keys.filter((key) => context[key] !== undefined).map((key) => [key, readSwitch(key, context[key])]);
  return {
    values: {
      ...Object.fromEntries(settings),
      buddies,
      principals: Object.fromEntries(principals.map(([name, value]) => [name, splitText(value)])),
      removed,
    },
    at: (key) => (key === 'removed' ? removed.join(', ') : key.replace(/^principals\./, '')),
  };
}

/** The settings of a channel that stand in the context beside no buddies. */
export function strayKeys(context: Context): string[] {
  return Object.keys(context).filter(isSetting);
}

function isSetting(key: string): boolean {
  return keys.some((known) => known === key);
}

function splitText(value: unknown): unknown {
  return typeof value === 'string' ? value.split(',').map((part) => part.trim()) : value;
}

/** The command line has only texts. */
function readSwitch(key: string, value: unknown): unknown {
  if (!flagKeys.some((flag) => flag === key)) return value;
  if (value === 'on' || value === 'true') return true;
  return value === 'off' || value === 'false' ? false : value;
}

/** Keys of the CDK and its libraries hold other characters than letters and digits. */
function refuseStrangers(context: Context, buddies: readonly string[]): void {
  for (const [key, value] of Object.entries(context)) {
    if (buddies.includes(key) || key === 'config') continue;
    const isForBuddy = typeof value === 'string' && /^(arn:|removed$)/.test(value);
    if (isForBuddy && isBuddyName(key)) throw stranger(key, key, buddies);
    if (/^[A-Za-z0-9]+$/.test(key)) refuseUnknownKey(key, key, keys);
  }
}
