/** `btr daemon`: what it says, and the signals it minds. No text of anybody is among it. */
import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { assertNoDaemon, type Daemon, serveDaemon } from '../daemon/daemon.ts';
import { Fetcher } from '../daemon/fetcher.ts';
import { systemdTold, tellSystemd } from '../daemon/systemd.ts';
import { type Change, homeDirectory } from '../messenger/index.ts';
import { DesktopNotice } from '../ui/desktop-notice.ts';
import { type Running, withMessenger } from './command.ts';
import type { DaemonOptions } from './daemon.ts';

export async function daemon(running: Running, options: DaemonOptions): Promise<void> {
  const { terminal, output } = running;
  const home = homeDirectory(options.home, terminal.env);
  await assertNoDaemon(home);
  const say = (code: string, text: string) => {
    output.event({ event: 'notice', code, text });
    output.note(text);
  };
  await withMessenger(running, async (messenger) => {
    if (options.files !== undefined) await mkdir(options.files, { recursive: true });
    await serveDaemon({
      home,
      messenger,
      signal: terminal.signal,
      onReady: (serving, { address }) => {
        serving.follow(reporter(running, options.notify ?? false));
        if (options.files !== undefined) fetchInto(serving, resolve(options.files));
        onHangup(serving, say);
        serving.ending.addEventListener('abort', () => void tellSystemd('STOPPING=1'), { once: true });
        say('daemon-ready', `Listening; other commands of this home reach it at ${address}`);
        void tellSystemd('READY=1');
      },
    });
  });
  await systemdTold();
  say('daemon-ended', 'Ended.');
}

function reporter({ output }: Running, notifies: boolean): (change: Change) => void {
  const desktop = notifies ? new DesktopNotice((text) => output.warn('no-desktop', text)) : undefined;
  return (change) => {
    if (change.type === 'notice') output.channelEvent(change.notice);
    if (change.type === 'transfer' && change.transfer.error) {
      const { id, error } = change.transfer;
      output.warn(error.code, `Transfer ${id}: ${error.text}`);
    }
    if (change.type === 'entry' && !change.entry.shown) desktop?.tell();
  };
}

function fetchInto(serving: Daemon, folder: string): void {
  const fetcher = new Fetcher(serving, folder);
  void fetcher.fetch();
}

/** The process ends on SIGHUP otherwise, as on Ctrl-C. */
function onHangup(serving: Daemon, say: (code: string, text: string) => void): void {
  process.removeAllListeners('SIGHUP');
  process.on('SIGHUP', async () => {
    await tellSystemd('RELOADING=1');
    await serving.reload();
    await tellSystemd('READY=1');
    say('daemon-reloaded', 'Begun anew.');
  });
}
