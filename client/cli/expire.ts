import type { Command } from 'commander';
import { DropError } from '../errors.ts';
import { withAccount } from './account.ts';
import { type CommonOptions, chooseChannel, defineCommand, run, withMessenger } from './command.ts';
import type { Terminal } from './terminal.ts';

export function expireCommand(terminal: Terminal): Command {
  return withAccount(
    defineCommand({
      name: 'expire',
      summary: 'remove from the drop what stayed past its time, of both sides',
      examples: [
        ['btr expire bob', "for stacks without the expiry function, with the rights of the stack's owner"],
        ['btr expire bob --json', 'for a job that runs every hour: counts, and exit code 4 where something stayed'],
      ],
    }),
  )
    .argument('[channel]')
    .action((given: string | undefined, options: CommonOptions) => expire(terminal, given, options));
}

function expire(terminal: Terminal, given: string | undefined, options: CommonOptions): Promise<void> {
  const running = run(terminal, options);
  return withMessenger(running, async (messenger) => {
    const channel = chooseChannel(messenger, given);
    const { removed, aborted, failed, finished } = await messenger.expire(channel, terminal.signal);
    running.output.event({ event: 'expired', channel, removed, aborted, failed, finished });
    if (!running.output.json) {
      running.output.line(`removed ${counted(removed, 'parcel')}, gave up ${counted(aborted, 'upload')}`);
    }
    terminal.signal.throwIfAborted();
    if (failed > 0) throw stayed(failed);
  });
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

function stayed(failed: number): DropError {
  const what = failed === 1 ? 'One parcel or upload' : `${failed} parcels and uploads`;
  return new DropError(`${what} whose time has passed could not be removed.`, {
    code: 'not-removed',
    hint: 'Run it again; what is gone stays gone. Where it goes on, look at the right to delete in the drop.',
    retryable: true,
  });
}
