import type { Command } from 'commander';
import { type CommonOptions, defineCommand, run } from './command.ts';
import type { Terminal } from './terminal.ts';

export interface VerifyOptions extends CommonOptions {
  readonly yes?: boolean;
  readonly unverify?: boolean;
  readonly keep?: boolean;
  readonly qr?: boolean;
}

export function verifyCommand(terminal: Terminal): Command {
  return defineCommand({
    name: 'verify',
    summary: 'compare the safety number with your buddy, and remember that you did',
    examples: [
      ['btr verify bob', 'digits, words and a QR code; both sides see the same digits and words'],
      ['btr verify bob --yes', 'they match: remember it'],
      ['btr verify bob --keep', 'go on with the buddy you know, after somebody else wrote'],
    ],
  })
    .argument('[channel]')
    .option('-y, --yes', 'you have compared it, and it matches')
    .option('--unverify', 'forget that you have')
    .option('--keep', 'go on with the identity you paired with, after another one wrote in the channel')
    .option('--qr', 'say why, where no QR code can be drawn')
    .action(async (channel: string | undefined, options: VerifyOptions) => {
      const { verify } = await import('./verify-run.ts');
      await verify(run(terminal, options), channel, options);
    });
}
