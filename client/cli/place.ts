/** Where a new channel's drop is and which side of it is ours, from --as and exactly one of --drop, --outputs, --stack. */
import { readFile } from 'node:fs/promises';
import { BtrError, DropError, SetupError, UsageError } from '../errors.ts';
import { type DropAddress, isRole, type Messenger, type Role } from '../messenger/index.ts';
import type { Running } from './command.ts';

export interface PlaceOptions {
  readonly as?: string;
  readonly stack?: string;
  readonly outputs?: string;
  readonly drop?: string;
}

interface Place {
  readonly role: Role;
  readonly drop: DropAddress;
}

/** Found, and looked up once. @throws BtrError */
export async function settledPlace(running: Running, options: PlaceOptions): Promise<Place> {
  return settle(running, await findPlace(options));
}

export async function findPlace(options: PlaceOptions): Promise<Place> {
  const { as = '', drop, outputs, stack } = options;
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

/** What can't be reached now may be reached later: that is said, and no reason to stop. */
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

/** Says what the new channel's drop lacks. */
export async function tellTrouble({ output, terminal }: Running, messenger: Messenger, name: string): Promise<void> {
  try {
    for (const { ok, what, text } of await messenger.check(name, terminal.signal)) {
      if (!ok) output.warn('drop-trouble', `${what}: ${text}`);
    }
  } catch (error) {
    if (!(error instanceof BtrError) || terminal.signal.aborted) throw error;
    output.warn(error.code, error.message);
  }
}
