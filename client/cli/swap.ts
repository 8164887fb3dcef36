import type { Command } from 'commander';
import { type CommonOptions, chooseChannel, defineCommand, run, withMessenger } from './command.ts';
import type { Terminal } from './terminal.ts';

export function swapCommand(terminal: Terminal): Command {
  return defineCommand({
    name: 'swap',
    summary: 'take the other role in a channel, for testing',
    examples: [['btr swap bob', 'a becomes b; the buddy has to swap as well']],
  })
    .argument('[channel]')
    .action((given: string | undefined, options: CommonOptions) => {
      const running = run(terminal, options);
      return withMessenger(running, async (messenger) => {
        const { swapSides } = await import('./swap-run.ts');
        await swapSides(running, messenger, chooseChannel(messenger, given));
      });
    });
}
