/** `btr channel add`: from what was typed to a channel, and what its owner should know of it. */
import { readFile } from 'node:fs/promises';
import { BtrError, DropError, SetupError, UsageError } from '../errors.ts';
import { type ChannelKey, type DropAddress, isRole, type Messenger, type Role } from '../messenger/index.ts';
import type { AddOptions } from './channel.ts';
import { pinSource, type Running, withMessenger } from './command.ts';
import { readOrMakeKey } from './key-file.ts';
import { readSecret } from './secrets.ts';

interface Place {
  readonly role: Role;
  readonly drop: DropAddress;
}

export function addChannel(running: Running, buddy: string, options: AddOptions): Promise<void> {
  return withMessenger(running, async (messenger) => {
    messenger.assertNewChannel(buddy, options.suite);
    const place = await settle(running, await findPlace(options));
    const key =
      options.keyFile === undefined ? undefined : await readOrMakeKey(running, options.keyFile, options.suite);
    const pin = await readPin(running, options, key);
    const { name, role, suite } = await messenger.addChannel({ name: buddy, ...place, suite: options.suite, pin, key });
    const drop = await messenger.describeDrop(name);
    running.output.event({ event: 'channel', channel: name, role, suite, drop, receipts: true });
    if (!running.output.json) running.output.line(`Channel ${name}: you are ${role}, over ${drop}.`);
    tellStrength(running, suite, key);
    await tellTrouble(running, messenger, name);
    running.output.note(`Next: btr chat ${name}, or btr send ${name} TEXT and btr listen ${name}`);
  });
}

/** Where the drop is and which side of it is ours, from exactly one of --drop, --outputs and --stack. */
async function findPlace(options: AddOptions): Promise<Place> {
  const { as, drop, outputs, stack } = options;
  const given = [drop, outputs, stack].filter((value) => value !== undefined);
  if (given.length !== 1) {
    throw new UsageError(given.length === 0 ? 'Which drop?' : 'One drop at a time.', {
      code: 'which-drop',
      hint: 'Give one of --drop URI, --outputs FILE or --stack NAME.',
    });
  }
  if (drop === undefined) {
    const { placeFromOutputs, placeFromStack } = await import('../messenger/stack-place.ts');
    return stack === undefined ? placeFromOutputs(await readOutputs(outputs ?? ''), as) : placeFromStack(stack, as);
  }
  if (!isRole(as)) {
    throw new UsageError(`${JSON.stringify(as)} is not a side of this drop.`, {
      code: 'bad-role',
      hint: 'You are a or b; your buddy is the other.',
    });
  }
  const { parseDropUri } = await import('../messenger/index.ts');
  return { role: as, drop: await parseDropUri(drop, as) };
}

async function readOutputs(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new SetupError(`The outputs file can't be read: ${path}`, {
      code: 'no-outputs',
      hint: 'cdk deploy writes it with --outputs-file.',
      cause,
    });
  }
}

/** Looks the drop up once. What can't be reached now may be reached later: that is said, and no reason to stop. */
async function settle({ output }: Running, { role, drop }: Place): Promise<Place> {
  const { settleDrop } = await import('../messenger/index.ts');
  try {
    return { role, drop: await settleDrop(drop, role) };
  } catch (error) {
    if (!(error instanceof DropError) || drop.kind === 'folder') throw error;
    output.warn(error.code, `${error.message} ${error.hint ?? ''} The channel is made all the same.`);
    return { role, drop };
  }
}

async function readPin(
  { terminal }: Running,
  options: AddOptions,
  key: ChannelKey | undefined,
): Promise<string | undefined> {
  const isWhole = options.suite === 'btrchat' && key?.form === 'key';
  if (options.suite === 'plain' || isWhole) return undefined;
  return readSecret(terminal, pinSource(options.pinFile), 'PIN that you and your buddy agreed on: ');
}

function tellStrength({ output }: Running, suite: string, key: ChannelKey | undefined): void {
  if (suite === 'btrchat') {
    output.warn(
      'no-confidentiality',
      'Suite btrchat is for talking with old clients and gives NO confidentiality: its PIN hardly reaches the key.',
    );
  } else if (suite === 'plain') {
    output.warn('no-confidentiality', 'Suite plain encrypts nothing that others could not open.');
  } else if (key === undefined) {
    output.warn(
      'guessable-pin',
      'Without a key file, whoever can read the drop can guess the PIN at leisure. Take a long one (up to 64 characters), or --key-file on both sides.',
    );
  }
}

async function tellTrouble({ output, terminal }: Running, messenger: Messenger, name: string): Promise<void> {
  try {
    for (const { ok, what, text } of await messenger.check(name, terminal.signal)) {
      if (!ok) output.warn('drop-trouble', `${what}: ${text}`);
    }
  } catch (error) {
    if (!(error instanceof BtrError) || terminal.signal.aborted) throw error;
    output.warn(error.code, error.message);
  }
}
