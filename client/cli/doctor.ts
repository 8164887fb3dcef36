import type { Command } from 'commander';
import { type CommonOptions, defineCommand, run } from './command.ts';
import type { Terminal } from './terminal.ts';

export function doctorCommand(terminal: Terminal): Command {
  return defineCommand({
    name: 'doctor',
    summary: 'what is wrong, and how to mend it',
    examples: [['btr doctor', 'looks at this machine, the home, and every channel with its drop']],
  }).action(async (options: CommonOptions) => {
    const { doctor } = await import('./doctor-run.ts');
    await doctor(run(terminal, options));
  });
}
