/**
 * Tells systemd how the daemon is, where a unit of Type=notify started it (sd_notify(3)). Node has no datagram sockets
 * of that kind, so systemd's own systemd-notify does it, which the unit must allow: NotifyAccess=all.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** @param states such as `READY=1`. Resolves when systemd has it, or where nobody wants to know. */
export async function tellSystemd(...states: readonly [string, ...string[]]): Promise<void> {
  if (!process.env.NOTIFY_SOCKET) return;
  const child = spawn('systemd-notify', [`--pid=${process.pid}`, ...states], { stdio: 'ignore' });
  // Without it the unit is one of Type=exec, which waits for nothing.
  await once(child, 'exit').catch(() => {});
}
