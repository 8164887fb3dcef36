import type { Command } from 'commander';
import { parseDuration } from '../ui/format.ts';
import { withAccount } from './account.ts';
import { dropUris } from './channel.ts';
import { type CommonOptions, defineCommand, run } from './command.ts';
import type { PlaceOptions } from './place.ts';
import type { Terminal } from './terminal.ts';

export interface InviteOptions extends CommonOptions, PlaceOptions {
  readonly out?: string;
  readonly qr?: boolean;
  readonly words?: boolean;
  readonly for?: number;
  readonly replace?: boolean;
  readonly withKey?: boolean;
  readonly user?: string;
  readonly cancel?: boolean;
  readonly deleteKeys?: boolean;
}

export function inviteCommand(terminal: Terminal): Command {
  return withAccount(
    defineCommand({
      name: 'invite',
      summary: 'make an invite for a buddy, and the PIN that you tell them by voice',
      examples: [
        ['btr invite bob', 'prints the invite; a new one burns the one before'],
        ['btr invite bob --as a --drop folder:/home/me/Sync/btr', 'makes the channel as well'],
        ['btr invite bob --out bob.invite', 'into a file that only you can read'],
        ['btr invite bob --with-key', 'also makes access keys for him (for the owner of the cloud account)'],
        ['btr invite bob --cancel', 'takes back an invite that nobody has joined by'],
      ],
    }),
  )
    .argument('<channel>', 'that of the buddy, or the name of a new one')
    .option('--out <file>', 'write the invite into a new file, for you alone')
    .option('--qr', 'draw it as a QR code, where the terminal is wide enough')
    .option('--words', 'a PIN of two words in place of six digits')
    .option('--for <time>', 'how long it is good: 12h, 7d; at most 13d (default 7d)', parseDuration)
    .option('--replace', 'the buddy has joined before, and joins anew, perhaps with another identity')
    .option('--with-key', 'make access keys for the buddy, with your own rights')
    .option('--user <name>', "the buddy's IAM user, where the drop does not tell it")
    .option('--cancel', 'take back the open invite')
    .option('--delete-keys', 'delete access keys that an invite before gave away, without asking')
    .option('--as <role>', 'for a new channel: your side of the drop, as in btr channel add')
    .option('--stack <name>', 'for a new channel: the deployed stack')
    .option('--outputs <file>', 'for a new channel: what cdk deploy --outputs-file wrote')
    .option('--drop <uri>', `for a new channel: ${dropUris}`)
    .action(async (buddy: string, options: InviteOptions) => {
      const { invite } = await import('./invite-run.ts');
      await invite(run(terminal, options), buddy, options);
    });
}
