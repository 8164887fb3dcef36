/** The entry: builds the program, runs it, and turns errors into exit codes. The only place that ends the process. */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Command, CommanderError } from 'commander';
import { makeOutput } from './cli/command.ts';
import { makeProgram } from './cli/program.ts';
import { OutputClosed, processTerminal, type Terminal } from './cli/terminal.ts';
import { type Build, versionEvent, versionLine } from './cli/version.ts';
import { BtrError, errorText, InterruptedError, UsageError } from './errors.ts';

/** How long an interrupted process waits for the reader of its output, in milliseconds. */
const patience = 250;

export async function main(argv: readonly string[], build: Build): Promise<never> {
  const terminal = processTerminal((code) => process.exit(code));
  const code = await runProgram(terminal, argv, build);
  await drained(terminal);
  process.exit(code);
}

/** Runs the program and answers its exit code. */
export async function runProgram(terminal: Terminal, argv: readonly string[], build: Build): Promise<number> {
  const line = versionLine(build);
  const program = makeProgram(terminal, commonFlags(argv).json ? versionEvent(build) : line, line);
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return 0;
  } catch (error) {
    return report(terminal, argv, asBtrError(error, terminal, `See: btr ${namedCommand(program, argv)}--help`));
  }
}

/** @param usage where a command line that can't be parsed is explained. */
function asBtrError(error: unknown, terminal: Terminal, usage: string): BtrError | undefined {
  if (terminal.signal.aborted) return endedBy(terminal.signal.reason, error);
  if (error instanceof BtrError) return error;
  if (error instanceof CommanderError) {
    if (error.exitCode === 0 || error.code === 'commander.help') return undefined;
    const message = error.message.replace(/^error: /, '');
    const sentence = `${message.charAt(0).toUpperCase()}${message.slice(1)}`;
    return new UsageError(/[.?!)]$/.test(sentence) ? sentence : `${sentence}.`, { code: 'usage', hint: usage });
  }
  return new BtrError('internal', `Something went wrong inside btr: ${errorText(error)}`, {
    code: 'internal',
    hint: 'Nothing that was queued is lost. Please report it; BTR_DEBUG=1 shows where it happened.',
    cause: error,
  });
}

/** @param error what came of it; where nobody reads on, only a command that minds says so, by an error of that cause. */
/** The words that name a command, with a space behind each. */
function namedCommand(program: Command, [word, ...rest]: readonly string[]): string {
  const child = program.commands.find((command) => command.name() === word);
  return child ? `${child.name()} ${namedCommand(child, rest)}` : '';
}

function endedBy(reason: unknown, error: unknown): BtrError | undefined {
  if (reason instanceof OutputClosed) return error instanceof BtrError && error.cause === reason ? error : undefined;
  return reason instanceof BtrError ? reason : new InterruptedError();
}

function report(terminal: Terminal, argv: readonly string[], error: BtrError | undefined): number {
  if (!error) return 0;
  const output = makeOutput(terminal, commonFlags(argv));
  if (error.kind !== 'interrupted') output.error(error);
  if (terminal.env.BTR_DEBUG)
    terminal.stderr.write(`${String(error.cause instanceof Error ? error.cause.stack : error.stack)}\n`);
  return error.exitCode;
}

/** For what is said where no command has parsed them. */
function commonFlags(argv: readonly string[]) {
  const end = argv.indexOf('--');
  const flags = end === -1 ? argv : argv.slice(0, end);
  const has = (...names: string[]) => flags.some((flag) => names.includes(flag));
  return { json: has('--json'), quiet: has('--quiet', '-q'), color: !has('--no-color') };
}

/** What was written must have left the process before it ends; a reader that stands still can't hold up an interrupt. */
async function drained({ stdout, stderr, signal }: Terminal): Promise<void> {
  const written = [stdout, stderr].map((stream) => new Promise<void>((done) => stream.write('', () => done())));
  await Promise.race([Promise.all(written), givenUp(signal)]);
}

async function givenUp(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
  await sleep(patience);
}
