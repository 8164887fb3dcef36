import type { Command } from 'commander';
import type { FileInfo } from '../messenger/index.ts';
import { rfc3339 } from '../ui/event-json.ts';
import { fileRows } from '../ui/file-words.ts';
import { day } from '../ui/format.ts';
import { visible } from '../ui/visible.ts';
import { type CommonOptions, chooseChannel, defineCommand, run, withMessenger } from './command.ts';
import type { Terminal } from './terminal.ts';

interface FilesOptions extends CommonOptions {
  readonly recall?: string;
}

export function filesCommand(terminal: Terminal): Command {
  return defineCommand({
    name: 'files',
    summary: 'files that came and went',
    examples: [
      ['btr files bob', 'with their ids, for btr get'],
      ['btr files --recall 3fa2c1d0', 'take a file back that was not fetched yet'],
    ],
  })
    .argument('[channel]')
    .option('--recall <file-id>', 'remove a file of yours from the drop')
    .action((channel: string | undefined, options: FilesOptions) => files(terminal, channel, options));
}

function files(terminal: Terminal, given: string | undefined, options: FilesOptions): Promise<void> {
  const running = run(terminal, options);
  const { output } = running;
  return withMessenger(running, async (messenger) => {
    if (options.recall !== undefined) {
      const file = await messenger.recallFile(options.recall, terminal.signal);
      output.event(fileEvent(file));
      output.note(recalledWords(file));
      await messenger.deliver(file.channel, { signal: terminal.signal });
      return;
    }
    const list = messenger.files(chooseChannel(messenger, given));
    for (const file of list) output.event(fileEvent(file));
    if (!output.json) for (const row of fileRows(list)) output.line(row);
    if (list.length === 0) output.note('No files yet.');
  });
}

function recalledWords({ name, state, channel, expiresAt }: FileInfo): string {
  if (state === 'recalled')
    return `${visible(name)} is no longer in the drop. What was fetched before stays where it is.`;
  return `${visible(name)} stays until ${day(expiresAt)} in the drop that the channel went over before. The btr of ${channel} is asked not to fetch it.`;
}

function fileEvent({ at, expiresAt, ...file }: FileInfo): Record<string, unknown> {
  return { event: 'file-state', ...file, at: rfc3339(at), expiresAt: rfc3339(expiresAt) };
}
