import { Command, Option } from 'commander';
import { UsageError } from '../errors.ts';
import type { RetentionChange } from '../messenger/index.ts';
import { parseDuration } from '../ui/format.ts';
import { withAccount } from './account.ts';
import { type CommonOptions, chooseChannel, defineCommand, type Running, run, withMessenger } from './command.ts';
import { confirm } from './confirm.ts';
import type { PlaceOptions } from './place.ts';
import type { Terminal } from './terminal.ts';

export interface AddOptions extends CommonOptions, PlaceOptions {
  readonly as: string;
  readonly suite: string;
  readonly keyFile?: string;
  readonly pinFile?: string;
}

interface SetOptions extends CommonOptions, PlaceOptions {
  readonly force?: boolean;
  readonly pin?: boolean;
  readonly pinFile?: string;
  readonly keyFile?: string;
  readonly receipts?: 'on' | 'off';
  readonly name?: string;
  readonly history?: RetentionChange['history'];
  readonly timer?: RetentionChange['timer'];
}

interface RotateOptions extends CommonOptions {
  readonly user?: string;
  readonly own?: boolean;
  readonly drop?: string;
}

/** What --drop takes. */
export const dropUris =
  'folder:/path, sftp://USER@HOST/path, azure[:NAME] or aws:tx=QUEUE,rx=QUEUE[,bucket=NAME][,region=R]';

export function channelCommand(terminal: Terminal): Command {
  return new Command('channel')
    .description('make, show and change channels')
    .addCommand(addCommand(terminal))
    .addCommand(listCommand(terminal))
    .addCommand(showCommand(terminal))
    .addCommand(setCommand(terminal))
    .addCommand(rotateKeyCommand(terminal))
    .addCommand(removeCommand(terminal));
}

function addCommand(terminal: Terminal): Command {
  return withAccount(
    defineCommand({
      name: 'add',
      summary: 'open a channel with a buddy',
      examples: [
        ['btr channel add bob --as a --drop folder:/home/me/Sync/btr', 'over a shared folder; then btr invite bob'],
        ['btr channel add bob --as alice --outputs btr-outputs.json', 'over the stack that cdk deploy made'],
        [
          'btr channel add bob --as a --drop aws:tx=a-to-b.fifo,rx=b-to-a.fifo --suite btrchat',
          'talk with a btrchat client',
        ],
        [
          'btr channel add bob --as a --suite fernet --key-file bob.key --drop folder:/mnt/usb',
          'by PIN and key file, without an invite; bob adds the channel himself, --as b',
        ],
      ],
    }),
  )
    .argument('<buddy>', 'the name you give your buddy; also the name of the channel')
    .requiredOption('--as <role>', 'your side of the drop: a or b, or your name in the stack')
    .option('--stack <name>', 'read the deployed stack from CloudFormation (for its owner)')
    .option('--outputs <file>', 'read the file that cdk deploy --outputs-file wrote')
    .option('--drop <uri>', dropUris)
    .option(
      '--suite <signal|fernet|btrchat|plain>',
      'how messages are sealed; btrchat is for old clients, plain for tests',
      'signal',
    )
    .option('--key-file <file>', 'suite fernet, btrchat: the channel key, made on the first side, read on the other')
    .option('--pin-file <file>', 'suite fernet, btrchat: read the PIN from a file (else BTR_PIN, else a prompt)')
    .action(async (buddy: string, options: AddOptions) => {
      const { addChannel } = await import('./channel-add.ts');
      await addChannel(run(terminal, options), buddy, options);
    });
}

function listCommand(terminal: Terminal): Command {
  return defineCommand({
    name: 'list',
    summary: 'all channels of this home',
    examples: [['btr channel list', 'each with its drop, its suite and what waits']],
  }).action((options: CommonOptions) => {
    const running = run(terminal, options);
    return withMessenger(running, async (messenger) => {
      for (const { name } of messenger.channels()) await showChannel(running, messenger, name);
      if (messenger.channels().length === 0) running.output.note('No channel yet. Make one with: btr channel add');
    });
  });
}

function showCommand(terminal: Terminal): Command {
  return defineCommand({
    name: 'show',
    summary: 'one channel: its drop, suite and what waits',
    examples: [['btr channel show bob --json', 'as one NDJSON event']],
  })
    .argument('[channel]')
    .action((name: string | undefined, options: CommonOptions) => {
      const running = run(terminal, options);
      return withMessenger(running, (messenger) => showChannel(running, messenger, chooseChannel(messenger, name)));
    });
}

type OpenMessenger = Awaited<ReturnType<Running['open']>>;

async function showChannel({ output }: Running, messenger: OpenMessenger, name: string): Promise<void> {
  const { channelEvent, quarantined } = await import('./channel-event.ts');
  if (output.json) return output.event(await channelEvent(messenger, name));
  const { role, suite, receipts, retention, policy } = messenger.channel(name);
  const { retentionWords } = await import('./retention.ts');
  const { pairingWords, suiteWarning, suiteWords } = await import('../ui/pairing-words.ts');
  const { dropLines } = await import('../ui/drop-words.ts');
  const { queued, sent } = messenger.pending(name);
  const pairing = messenger.pairing(name);
  output.line(
    `${output.style('bold', name)}  you are ${role}, suite ${suiteWords(suite)}, receipts ${receipts ? 'on' : 'off'}`,
  );
  const warning = suiteWarning(suite, true);
  if (warning) output.line(`  ${output.style('yellow', warning.text)}`);
  if (pairing) output.line(`  ${pairingWords(name, pairing)}`);
  for (const line of dropLines(await messenger.drops(name), policy)) output.line(`  ${line}`);
  output.line(`  ${retentionWords(name, retention)}`);
  output.line(`  ${queued} queued, ${sent} sent and not acknowledged, ${quarantined(messenger, name)} in quarantine`);
}

function setCommand(terminal: Terminal): Command {
  return withAccount(
    defineCommand({
      name: 'set',
      summary: 'change a channel',
      examples: [
        ['btr channel set bob --pin', 'another PIN; what could not be opened so far is tried again'],
        ['btr channel set bob --history 7d', 'forget here what is older and was shown or delivered'],
        ['btr channel set bob --timer 1h', 'what you send from now on vanishes on both sides'],
        ['btr channel set bob --receipts off', 'do not send acknowledgements on their own'],
        [
          'btr channel set bob --outputs new-outputs.json',
          'go over another drop and no other; bob does the same on his side',
        ],
      ],
    }),
  )
    .argument('[channel]')
    .option('--pin', 'set another PIN (asked for, or BTR_PIN)')
    .option('--pin-file <file>', 'read it from a file')
    .option('--key-file <file>', 'read the channel key from this file')
    .option('--receipts <on|off>', 'whether acknowledgements go on their own', parseSwitch)
    .option('--history <off|7d|forever>', 'how long messages stay in this home', parseHistory)
    .option('--timer <1h|off>', 'how long what you send stays on both sides', parseTimer)
    .option('--name <name>', 'call the buddy something else')
    .option('--drop <uri>', `go over this drop and no other from now on: ${dropUris}`)
    .option('--outputs <file>', 'move to the stack whose outputs cdk deploy wrote here')
    .option('--stack <name>', 'move to this stack (for its owner)')
    .option('--as <role>', 'moving: your side of the new drop, which is the one you have: a or b, or your name there')
    .option('--force', 'moving: although the old drop can not be read, or files wait in it')
    .action(async (name: string | undefined, options: SetOptions) => {
      const { setChannel } = await import('./channel-set.ts');
      await setChannel(run(terminal, options), name, options);
    });
}

export type { SetOptions };

function parseSwitch(text: string): 'on' | 'off' {
  if (text === 'on' || text === 'off') return text;
  throw new UsageError(`--receipts is on or off, not ${JSON.stringify(text)}.`, { code: 'bad-switch' });
}

function parseHistory(text: string): RetentionChange['history'] {
  return text === 'off' || text === 'forever' ? text : Math.round(parseDuration(text));
}

function parseTimer(text: string): RetentionChange['timer'] {
  return text === 'off' ? text : Math.round(parseDuration(text));
}

function rotateKeyCommand(terminal: Terminal): Command {
  return withAccount(
    defineCommand({
      name: 'rotate-key',
      summary: 'make another access key for the buddy or for your own side, with the rights of whoever owns the drop',
      examples: [
        ['btr channel rotate-key bob', "sent inside the channel; bob's client deletes the old one"],
        ['btr channel rotate-key bob --own', 'kept in this home, which needs no AWS profile for the channel any more'],
      ],
    }),
  )
    .argument('[channel]')
    .addOption(new Option('--user <name>', "the buddy's IAM user, where the drop does not tell it").conflicts('own'))
    .option('--own', 'for your own side of the channel')
    .option('--drop <id>', 'for this one of several drops; by default the first that has keys')
    .action(async (channel: string | undefined, { user, own, drop, ...options }: RotateOptions) => {
      const { rotateKey, rotateOwnKey } = await import('./rotate-key.ts');
      const running = run(terminal, options);
      await (own ? rotateOwnKey(running, channel, drop) : rotateKey(running, channel, { user, drop }));
    });
}

function removeCommand(terminal: Terminal): Command {
  return defineCommand({
    name: 'remove',
    summary: 'forget a channel with its keys, history and everything that waits',
    examples: [['btr channel remove bob --yes', 'without asking']],
  })
    .argument('<channel>')
    .option('-y, --yes', 'do not ask')
    .action((name: string, options: CommonOptions & { yes?: boolean }) => {
      const running = run(terminal, options);
      return withMessenger(running, async (messenger) => {
        const { queued } = messenger.pending(chooseChannel(messenger, name));
        const waits = queued === 0 ? '' : ` ${queued} messages that no drop has yet are lost.`;
        await confirm(running, options.yes, `Forget channel ${name}, its keys and its history?${waits}`);
        messenger.removeChannel(name);
        running.output.event({ event: 'removed', channel: name });
        running.output.note(`Channel ${name} is gone from this home.`);
      });
    });
}
