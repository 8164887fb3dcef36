/** A home as a whole: locked, unlocked for a while, under another protection, gone. */
import { UsageError } from '../errors.ts';
import { Home, keyPath } from '../store/home.ts';
import { isWrapped, openKeyFile, type Protection, readKeyFile } from '../store/key-file.ts';

export type { Protection } from '../store/key-file.ts';
export type { Remains } from '../store/wipe-home.ts';

/** Whether a home is locked by a passphrase. @throws SetupError with code `no-home`. */
export function needsPassphrase(home: string): Promise<boolean> {
  return isWrapped(keyPath(home));
}

interface UnlockOptions {
  readonly passphrase: string;
  readonly milliseconds: number;
  /** The program that serves as the agent: it calls `holdKey` and then writes a line. */
  readonly command: readonly [string, ...string[]];
}

/** @throws UsageError with code `nothing-to-unlock`; SetupError with code `no-home`. */
export async function assertUnlockable(home: string): Promise<void> {
  if (await needsPassphrase(home)) return;
  throw new UsageError('This home has no passphrase: there is nothing to unlock.', {
    code: 'nothing-to-unlock',
    hint: 'Lock it with: btr passphrase',
  });
}

/** Lets an agent hold the key for a while, in place of one that is there. Answers the line that the agent wrote. */
export async function unlockHome(home: string, { passphrase, milliseconds, command }: UnlockOptions): Promise<string> {
  await assertUnlockable(home);
  const { binding } = await readKeyFile(keyPath(home));
  const master = await openKeyFile(keyPath(home), passphrase);
  await lockHome(home);
  const { startAgent } = await import('../store/unlock-start.ts');
  return startAgent(command, { master, binding, milliseconds });
}

/** Ends the agent that holds the key. Answers whether there was one. */
export async function lockHome(home: string): Promise<boolean> {
  const { endAgent } = await import('../store/unlock.ts');
  return endAgent(home);
}

interface HoldOptions {
  /** What `unlockHome` sends. */
  readonly input: AsyncIterable<Buffer>;
  readonly signal: AbortSignal;
  /** Called once others can ask, with the end in milliseconds since 1970. */
  readonly onReady: (until: number) => void;
}

/** Is the agent: resolves when its time is over. */
export async function holdKey(home: string, options: HoldOptions): Promise<void> {
  const { serveAgent } = await import('../store/unlock-agent.ts');
  return serveAgent({ home, keyFile: keyPath(home), ...options });
}

/**
 * Moves the key under another protection. Nothing else is written anew, and an agent of the home ends.
 * @param passphrase the one that locks the home until now.
 */
export async function protectHome(home: string, passphrase: string | undefined, next: Protection): Promise<void> {
  const opened = await Home.open(home, passphrase);
  try {
    await opened.protect(next);
  } finally {
    opened.close();
    await lockHome(home);
  }
}

/** Destroys a home, locked or not. Answers what stayed in its folder. */
export async function wipeHome(home: string) {
  const { wipeHome: wipe } = await import('../store/wipe-home.ts');
  return wipe(home);
}
