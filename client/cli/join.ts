import type { Command } from 'commander';
import { type CommonOptions, defineCommand, run } from './command.ts';
import type { Terminal } from './terminal.ts';

export interface JoinOptions extends CommonOptions {
  readonly name?: string;
  readonly drop?: string;
  readonly replace?: boolean;
  readonly yes?: boolean;
  readonly pinFile?: string;
}

export function joinCommand(terminal: Terminal): Command {
  return defineCommand({
    name: 'join',
    summary: 'join a buddy by their invite and the PIN that they told you',
    examples: [
      ['btr join', 'asks for the invite and then for the PIN; neither is shown'],
      ['btr join alice.invite --name Alice', 'from a file, and what you call her'],
      [
        'btr join alice.invite --drop folder:/home/me/Sync/btr',
        'where the shared folder lies elsewhere on this machine',
      ],
      ['btr join - --yes --pin-file pin < alice.invite', 'for scripts'],
    ],
  })
    .argument('[invite]', 'a file, - for stdin, or the text itself, which others on this machine can see with ps')
    .option('--name <name>', 'the name of the channel here; by default what the inviter is called')
    .option(
      '--drop <uri>',
      'where the drop of the invite is, as seen from here: folder:/path, or sftp://USER@HOST/path with a login of your own',
    )
    .option('--replace', 'this buddy has lost their home: the invite takes the place of what you had')
    .option('-y, --yes', "use the invite's drop without asking")
    .option('--pin-file <file>', 'read the PIN from a file (else BTR_PIN, else a prompt)')
    .action(async (invite: string | undefined, options: JoinOptions) => {
      const { join } = await import('./join-run.ts');
      await join(run(terminal, options), invite, options);
    });
}
