import type { Command } from 'commander';
import { type CommonOptions, defineCommand, run } from './command.ts';
import type { Terminal } from './terminal.ts';

export function lockCommand(terminal: Terminal): Command {
  return defineCommand({
    name: 'lock',
    summary: 'end what btr unlock began: the passphrase is needed again',
    examples: [['btr lock', 'at once; processes that run already go on']],
  }).action(async (options: CommonOptions) => {
    const { homeDirectory } = await import('../messenger/index.ts');
    const { lockHome } = await import('../messenger/at-rest.ts');
    const { output } = run(terminal, options);
    const home = homeDirectory(options.home, terminal.env);
    const wasUnlocked = await lockHome(home);
    output.event({ event: 'locked', path: home, wasUnlocked });
    output.note(wasUnlocked ? 'Locked.' : 'It was not unlocked: nothing to end.');
  });
}
