/** A channel as it was given, wherever that was: its keys, and what their places are called. */
import type { Field } from './fields.ts';

export const nameKeys = ['prefix', 'aToB', 'bToA', 'bucket'] as const;
export const flagKeys = ['allowSwap', 'expiry', 'alarms'] as const;
export const channelKeys = [
  'buddies',
  'principals',
  'removed',
  ...flagKeys,
  'alarmEmail',
  'bucketRemoval',
  ...nameKeys,
  'tags',
] as const;

export interface GivenChannel {
  /** In the form of btr.infra.json. */
  readonly values: Readonly<Record<string, unknown>>;
  /** What the place of a key is called in errors, or of a part such as `principals.bob`. */
  readonly at: (key: string) => string;
}

export function fieldOf({ values, at }: GivenChannel, key: (typeof channelKeys)[number]): Field {
  return { name: at(key), value: values[key] };
}
