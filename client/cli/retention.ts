/** How long a channel's messages stay, for people and for scripts. */
import { type ChannelInfo, durationWords } from '../messenger/index.ts';

type Retention = ChannelInfo['retention'];

/** In an event: `off`, `forever` or seconds; timers in seconds, null for none. */
export function retentionFields({ history, timer, buddyTimer }: Retention) {
  return {
    history: typeof history === 'number' ? history / 1000 : (history ?? 'forever'),
    timer: seconds(timer),
    buddyTimer: seconds(buddyTimer),
  };
}

function seconds(milliseconds: number | undefined): number | null {
  return milliseconds === undefined ? null : milliseconds / 1000;
}

/** One line. */
export function retentionWords(buddy: string, { history, timer, buddyTimer }: Retention): string {
  const stay = typeof history === 'number' ? durationWords(history) : (history ?? 'forever');
  return `history ${stay}, your timer ${timerWords(timer)}, ${buddy}'s timer ${timerWords(buddyTimer)}`;
}

function timerWords(timer: number | undefined): string {
  return timer === undefined ? 'off' : durationWords(timer);
}
