/** Ctrl-Z. */
import { setTimeout as sleep } from 'node:timers/promises';

/** A moment in which the process is stopped, where it can be; in milliseconds. */
const moment = 50;

/**
 * Stops the process and those it runs with, as the terminal would outside raw mode, and returns when it goes on. A
 * process that no shell could continue is not stopped (POSIX, General Terminal Interface, orphaned process groups).
 */
export async function stopProcess(): Promise<void> {
  process.kill(0, 'SIGTSTP');
  await sleep(moment);
}
