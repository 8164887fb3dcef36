import { Command } from 'commander';
import { withAccount } from './account.ts';
import { dropUris } from './channel.ts';
import { type CommonOptions, defineCommand, run } from './command.ts';
import type { PlaceOptions } from './place.ts';
import type { Terminal } from './terminal.ts';

export interface AddDropOptions extends CommonOptions, Pick<PlaceOptions, 'outputs' | 'stack'> {
  readonly withKey?: boolean;
  readonly user?: string;
  readonly yes?: boolean;
}

export interface UseOptions extends CommonOptions {
  readonly first?: string;
}

export interface ImportOptions extends CommonOptions {
  readonly user: string;
  readonly path: string;
}

export function dropCommand(terminal: Terminal): Command {
  return new Command('drop')
    .description('several drops for one channel: where one fails, another carries on')
    .addCommand(listCommand(terminal))
    .addCommand(addCommand(terminal))
    .addCommand(removeCommand(terminal))
    .addCommand(testCommand(terminal))
    .addCommand(useCommand(terminal))
    .addCommand(importCommand(terminal));
}

const channelHelp = 'may be left out where there is just one';
const idHelp = 'the beginning of its id, as btr drop list shows it';

function listCommand(terminal: Terminal): Command {
  return defineCommand({
    name: 'list',
    summary: 'the drops of a channel, and those that the buddy offers',
    examples: [['btr drop list bob', 'each with its id, its place in the order, and where it is']],
  })
    .argument('[channel]', channelHelp)
    .action(async (channel: string | undefined, options: CommonOptions) => {
      const { listDrops } = await import('./drop-run.ts');
      await listDrops(run(terminal, options), channel);
    });
}

function addCommand(terminal: Terminal): Command {
  return withAccount(
    defineCommand({
      name: 'add',
      summary: 'go over one more drop; the buddy hears of it inside the channel',
      examples: [
        ['btr drop add bob sftp://me@box.example.org/~/btr', "any machine with sshd; the role is the channel's"],
        ['btr drop add bob --outputs btr-outputs.json --with-key', "another stack of yours, with a key for bob's user"],
        ['btr drop add bob azure --connection-string-file account --with-key', 'new queues in your storage account'],
        ['btr drop add bob 3fa2c1d0', 'one that bob offers, after a look at why it wants your yes'],
      ],
    }),
  )
    .argument('[channel]', channelHelp)
    .argument('[drop]', `${dropUris}; or the id of an offer`)
    .option('--outputs <file>', 'the stack whose outputs cdk deploy wrote here')
    .option('--stack <name>', 'this stack (for its owner)')
    .option('--with-key', 'make a key for the buddy, with your own rights, and send it along')
    .option('--user <name>', "the buddy's IAM user, where the drop does not tell it")
    .option('-y, --yes', 'use what the buddy offers without asking')
    .action(async (first: string | undefined, second: string | undefined, options: AddDropOptions) => {
      const { addDrop } = await import('./drop-add.ts');
      await addDrop(run(terminal, options), given(first, second), options);
    });
}

function removeCommand(terminal: Terminal): Command {
  return defineCommand({
    name: 'remove',
    summary: 'go over a drop no more, on both sides, after taking what waits there; or decline an offer',
    examples: [
      ['btr drop remove bob 3fa2c1d0', 'what is not acknowledged goes out again by the drops that are left'],
      ['btr drop remove bob 3fa2c1d0 --force', 'although it can not be read any more'],
    ],
  })
    .argument('[channel]', channelHelp)
    .argument('[id]', idHelp)
    .option('--force', 'although it can not be read, files wait in it, or the buddy has not heard of another')
    .action(
      async (
        first: string | undefined,
        second: string | undefined,
        options: CommonOptions & { readonly force?: boolean },
      ) => {
        const { removeDrop } = await import('./drop-run.ts');
        await removeDrop(run(terminal, options), given(first, second), options.force ?? false);
      },
    );
}

function testCommand(terminal: Terminal): Command {
  return defineCommand({
    name: 'test',
    summary: 'measure each drop: round trip, clock, what it may do and what it should not be able to',
    examples: [
      ['btr drop test bob', 'exit code 4 where something is wrong with one of them'],
      ['btr drop test bob 3fa2c1d0', 'that one alone'],
    ],
  })
    .argument('[channel]', channelHelp)
    .argument('[id]', idHelp)
    .action(async (first: string | undefined, second: string | undefined, options: CommonOptions) => {
      const { testDrops } = await import('./drop-test.ts');
      await testDrops(run(terminal, options), given(first, second));
    });
}

function useCommand(terminal: Terminal): Command {
  return defineCommand({
    name: 'use',
    summary: 'by which drop you send, and which comes first; whatever you send by, you listen on all',
    examples: [
      ['btr drop use bob first --first 3fa2c1d0', 'that one, and the next where it fails'],
      ['btr drop use bob all', 'everything by every drop'],
      ['btr drop use bob random', 'a random one each time'],
      ['btr drop use bob meet', 'the one that both sides compute for the hour, without a word'],
    ],
  })
    .argument('[channel]', channelHelp)
    .argument('[first|all|random|meet]', 'the policy')
    .option('--first <id>', 'put this drop first')
    .action(async (first: string | undefined, second: string | undefined, options: UseOptions) => {
      const { useDrops } = await import('./drop-run.ts');
      await useDrops(run(terminal, options), given(first, second), options.first);
    });
}

function importCommand(terminal: Terminal): Command {
  return defineCommand({
    name: 'import',
    summary: 'add the machines of a login_info.csv (IP address, key file name) as sftp drops',
    examples: [
      ['btr drop import bob login_info.csv', 'key files are looked for beside it'],
      ['btr drop import bob login_info.csv --user me --path drops/btr', 'another account, another folder there'],
    ],
  })
    .argument('[channel]', channelHelp)
    .argument('[file]', 'the inventory')
    .option('--user <name>', 'the account on each machine', 'azureuser')
    .option('--path <folder>', "the drop's folder there; without a leading slash, in the account's own", 'btr')
    .action(async (first: string | undefined, second: string | undefined, options: ImportOptions) => {
      const { importDrops } = await import('./drop-import.ts');
      await importDrops(run(terminal, options), given(first, second), options);
    });
}

function given(...words: readonly (string | undefined)[]): readonly string[] {
  return words.filter((word) => word !== undefined);
}
