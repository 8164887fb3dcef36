import type { Command } from 'commander';
import { type CommonOptions, defineCommand, run } from './command.ts';
import type { Terminal } from './terminal.ts';

export function chatCommand(terminal: Terminal): Command {
  return defineCommand({
    name: 'chat',
    summary: 'talk: type lines, see what comes; /help lists the commands',
    examples: [['btr chat bob', 'Ctrl-D or /quit ends']],
  })
    .argument('[channel]')
    .action(async (channel: string | undefined, options: CommonOptions) => {
      const { chat } = await import('./chat-run.ts');
      await chat(run(terminal, options), channel);
    });
}
