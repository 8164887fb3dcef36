import type { Command } from 'commander';
import { type CommonOptions, defineCommand, run } from './command.ts';
import type { Terminal } from './terminal.ts';

interface DemoOptions extends CommonOptions {
  readonly interactive?: boolean;
}

export function demoCommand(terminal: Terminal): Command {
  return defineCommand({
    name: 'demo',
    summary: 'the whole story on an embedded cloud, without any account',
    examples: [
      ['btr demo', 'alice and bob talk, and you see what the cloud sees'],
      ['btr demo --interactive', 'then a chat of your own, where /swap turns you into the other side'],
    ],
  })
    .option('-i, --interactive', 'go on in a chat')
    .action(async (options: DemoOptions) => {
      const { demo } = await import('./demo-run.ts');
      await demo(run(terminal, options), options.interactive ?? false);
    });
}
