/**
 * Tells systemd how the daemon is, where a unit of Type=notify started it (sd_notify(3)). Node has no datagram sockets
 * of that kind, so systemd's own systemd-notify does it, which the unit must allow: NotifyAccess=all.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

let telling = Promise.resolve();

/** One after the other. @param state such as `READY=1`. Resolves when systemd has it, or where nobody wants to know. */
export function tellSystemd(state: string): Promise<void> {
  telling = telling.then(() => notify(state));
  return telling;
}

/** Resolves when systemd has heard everything so far. */
export function systemdTold(): Promise<void> {
  return telling;
}

async function notify(state: string): Promise<void> {
  if (!process.env.NOTIFY_SOCKET) return;
  const child = spawn('systemd-notify', [`--pid=${process.pid}`, state], { stdio: 'ignore' });
  // Without it the unit is one of Type=exec, which waits for nothing.
  await once(child, 'exit').catch(() => {});
}
