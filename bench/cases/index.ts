/** All cases, in the order in which they run. */
import type { Case } from '../case.ts';
import { azure } from './azure.ts';
import { calls } from './calls.ts';
import { chatStart } from './chat-start.ts';
import { expire } from './expire.ts';
import { failover } from './failover.ts';
import { history } from './history.ts';
import { latency } from './latency.ts';
import { memory } from './memory.ts';
import { messages } from './messages.ts';
import { oneshot } from './oneshot.ts';
import { pair } from './pair.ts';
import { parcelAws } from './parcel-aws.ts';
import { parcelFolder } from './parcel-folder.ts';
import { session } from './session.ts';
import { sftp } from './sftp.ts';
import { web } from './web.ts';
import { webStart } from './web-start.ts';

export const cases: readonly Case[] = [
  oneshot,
  pair,
  messages,
  session,
  calls,
  latency,
  parcelFolder,
  parcelAws,
  azure,
  sftp,
  failover,
  memory,
  history,
  expire,
  chatStart,
  webStart,
  web,
];
