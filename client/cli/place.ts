/** Where a new channel's drop is and which side of it is ours, from --as and exactly one of --drop, --outputs, --stack. */
import { readFile } from 'node:fs/promises';
import { BtrError, DropError, SetupError, UsageError } from '../errors.ts';
import { type DropAddress, type Finding, isRole, type Role } from '../messenger/index.ts';
import type { Running } from './command.ts';

export interface PlaceOptions {
  readonly as?: string | undefined;
  readonly stack?: string | undefined;
  readonly outputs?: string | undefined;
  readonly drop?: string | undefined;
}

interface Place {
  readonly role: Role;
  readonly drop: DropAddress;
}

/** Found, and looked up once. @throws BtrError */
export async function settledPlace(running: Running, options: PlaceOptions): Promise<Place> {
  return settle(running, await findPlace(options));
}

/** @param uri what gives the drop by its URI, in words. */
export async function findPlace(options: PlaceOptions, uri = '--drop URI'): Promise<Place> {
  const { as = '', drop, outputs, stack } = options;
  const given = [drop, outputs, stack].filter((value) => value !== undefined);
  if (given.length !== 1) {
    throw new UsageError(given.length === 0 ? 'Which drop?' : 'One drop at a time.', {
      code: 'which-drop',
      hint: `Give one of ${uri}, --outputs FILE or --stack NAME.`,
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

/** Queues that can't be reached now may be reached later: that is said, and no reason to stop. */
async function settle({ output }: Running, { role, drop }: Place): Promise<Place> {
  const { settleDrop } = await import('../messenger/index.ts');
  try {
    return { role, drop: await settleDrop(drop, role) };
  } catch (error) {
    if (!(error instanceof DropError) || drop.kind !== 'aws') throw error;
    output.warn(error.code, `${error.message} ${error.hint ?? ''} The channel is made all the same.`);
    return { role, drop };
  }
}

/** Says what a new drop lacks, and answers whether that is anything. @param check what it says about itself. */
export async function tellTrouble({ output, terminal }: Running, check: Promise<readonly Finding[]>): Promise<boolean> {
  try {
    const troubles = (await check).filter(({ ok }) => !ok);
    for (const { what, text } of troubles) output.warn('drop-trouble', `${what}: ${text}`);
    return troubles.length > 0;
  } catch (error) {
    if (!(error instanceof BtrError) || terminal.signal.aborted) throw error;
    output.warn(error.code, error.message);
    return true;
  }
}
