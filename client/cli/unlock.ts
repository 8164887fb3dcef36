import type { Command } from 'commander';
import { SecurityError, SetupError, UsageError } from '../errors.ts';
import { clock, parseDuration } from '../ui/format.ts';
import { type CommonOptions, defineCommand, passphraseSource, run } from './command.ts';
import { readSecret } from './secrets.ts';
import type { Terminal } from './terminal.ts';

const longest = 24 * 60 * 60 * 1000;

interface UnlockOptions extends CommonOptions {
  readonly for: string;
}

export function unlockCommand(terminal: Terminal): Command {
  return defineCommand({
    name: 'unlock',
    summary: 'ask for the passphrase once, and open the home without it for a while',
    examples: [
      ['btr unlock', 'for 15 minutes; btr lock ends it before'],
      ['btr unlock --for 8h', 'for a working day; said again, the time starts anew'],
    ],
  })
    .option('--for <duration>', 'how long: 90s, 15m, 8h; at most 24h', '15m')
    .action((options: UnlockOptions) => unlock(terminal, options));
}

async function unlock(terminal: Terminal, options: UnlockOptions): Promise<void> {
  const milliseconds = parseTime(options.for);
  const { homeDirectory } = await import('../messenger/index.ts');
  const { assertUnlockable, unlockHome } = await import('../messenger/at-rest.ts');
  const { output } = run(terminal, options);
  const home = homeDirectory(options.home, terminal.env);
  await assertUnlockable(home);
  const passphrase = await readSecret(terminal, passphraseSource(options));
  const command = [process.execPath, program(), 'agent', '--json', '--home', home] as const;
  const until = readAnswer(await unlockHome(home, { passphrase, milliseconds, command }));
  output.event({ event: 'unlocked', path: home, until });
  output.note(`Unlocked until ${clock(Date.parse(until))}. To lock it before: btr lock`);
}

function parseTime(text: string): number {
  const milliseconds = parseDuration(text);
  if (milliseconds <= longest) return milliseconds;
  throw new UsageError('A home can be unlocked for 24 hours at most.', { code: 'bad-duration', hint: '--for 24h' });
}

/** The file that this process runs. */
function program(): string {
  const [, path] = process.argv;
  if (path !== undefined) return path;
  throw new Error('this process runs no file');
}

/** The agent speaks as every command with --json does. */
function readAnswer(line: string): string {
  const { event, until, code, text, hint }: Record<string, unknown> = JSON.parse(line);
  if (event === 'unlocked' && typeof until === 'string') return until;
  const Kind = code === 'agent-exposed' ? SecurityError : SetupError;
  throw new Kind(String(text), { code: String(code), ...(typeof hint === 'string' ? { hint } : {}) });
}
