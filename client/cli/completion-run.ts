/** What `btr completion` prints, and what its scripts ask for while somebody types. */
import { homedir } from 'node:os';
import type { Command } from 'commander';
import { BtrError } from '../errors.ts';
import { homeDirectory, Messenger } from '../messenger/index.ts';
import { visible } from '../ui/visible.ts';
import { bashCompletion } from './completion/bash.ts';
import { fishCompletion } from './completion/fish.ts';
import { type CommandGrammar, grammarOf } from './completion/grammar.ts';
import { zshCompletion } from './completion/zsh.ts';
import type { Terminal } from './terminal.ts';

const scripts = new Map<string, (btr: CommandGrammar) => string>([
  ['bash', bashCompletion],
  ['zsh', zshCompletion],
  ['fish', fishCompletion],
]);

/** @param shell one of those that `btr completion` takes. */
export function completionScript(program: Command, shell: string): string {
  const script = scripts.get(shell);
  if (!script) throw new Error(`no completion for ${shell}`);
  return script(grammarOf(program));
}

/**
 * Writes a line for each candidate: what to type, and behind a tab what it is. Nobody is asked for anything: a home
 * that is locked, or not there, has no candidates.
 * @param typed the command line so far.
 */
export async function writeCandidates(
  { stdout, env }: Terminal,
  what: string,
  typed: readonly string[],
): Promise<void> {
  try {
    const messenger = await Messenger.open({ home: homeDirectory(typedHome(typed), env) });
    try {
      for (const line of what === 'files' ? fileLines(messenger) : channelLines(messenger)) stdout.write(`${line}\n`);
    } finally {
      await messenger.close();
    }
  } catch (error) {
    if (!(error instanceof BtrError)) throw error;
  }
}

/** As the shell would expand it. */
function typedHome(typed: readonly string[]): string | undefined {
  const index = typed.findLastIndex((word) => word === '--home' || word.startsWith('--home='));
  const word = typed[index];
  const home = word === '--home' ? typed[index + 1] : word?.slice('--home='.length);
  return home?.replace(/^~(?=\/|$)/, homedir());
}

function channelLines(messenger: Messenger): string[] {
  return messenger.channels().map(({ name }) => name);
}

/** Those that can still be fetched or taken back. */
function fileLines(messenger: Messenger): string[] {
  const files = messenger.channels().flatMap(({ name }) => messenger.files(name));
  const now = Date.now();
  return files
    .filter(({ state, expiresAt }) => state === 'waiting' && expiresAt > now)
    .map(({ id, name, outgoing, channel }) => {
      const what = `${visible(name).replace(/\s+/g, ' ')}, ${outgoing ? 'to' : 'from'} ${channel}`;
      return `${id.slice(0, 8)}\t${what}`;
    });
}
