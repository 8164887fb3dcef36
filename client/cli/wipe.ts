import type { Command } from 'commander';
import { type CommonOptions, chooseChannel, defineCommand, run, withMessenger } from './command.ts';
import { confirm } from './confirm.ts';
import type { Terminal } from './terminal.ts';

export function wipeCommand(terminal: Terminal): Command {
  return defineCommand({
    name: 'wipe',
    summary: 'delete the history of a channel from this home',
    examples: [['btr wipe bob --yes', 'without asking; keys stay, and what waits still goes out']],
  })
    .argument('<channel>')
    .option('-y, --yes', 'do not ask')
    .action((given: string, options: CommonOptions & { yes?: boolean }) => {
      const running = run(terminal, options);
      return withMessenger(running, async (messenger) => {
        const channel = chooseChannel(messenger, given);
        await confirm(running, options.yes, `Delete the history, file list and quarantine of ${channel}?`);
        messenger.wipeHistory(channel);
        running.output.event({ event: 'wiped', channel });
        running.output.note(`The history of ${channel} is gone from this home. The other side still has its own.`);
      });
    });
}
