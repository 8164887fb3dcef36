/** All cases, in the order in which they run. */
import type { Case } from '../case.ts';
import { calls } from './calls.ts';
import { history } from './history.ts';
import { latency } from './latency.ts';
import { memory } from './memory.ts';
import { messages } from './messages.ts';
import { oneshot } from './oneshot.ts';
import { parcelAws } from './parcel-aws.ts';
import { parcelFolder } from './parcel-folder.ts';

export const cases: readonly Case[] = [oneshot, messages, calls, latency, parcelFolder, parcelAws, memory, history];
