import { Command } from 'commander';
import { type CommonOptions, defineCommand, run, withMessenger } from './command.ts';
import type { Terminal } from './terminal.ts';

export function identityCommand(terminal: Terminal): Command {
  return new Command('identity').description('who this home is to others').addCommand(showCommand(terminal));
}

function showCommand(terminal: Terminal): Command {
  return defineCommand({
    name: 'show',
    summary: "this home's name and public key",
    examples: [['btr identity show', 'no secret; to compare with a buddy, btr verify is made for that']],
  }).action((options: CommonOptions) => {
    const running = run(terminal, options);
    return withMessenger(running, async (messenger) => {
      const publicKey = (await (await messenger.pairings()).identity()).toString('hex');
      running.output.event({ event: 'identity', name: messenger.name, publicKey });
      if (running.output.json) return;
      running.output.line(messenger.name);
      running.output.line((publicKey.match(/.{6}/g) ?? []).join(' '));
    });
  });
}
