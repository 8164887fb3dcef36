/** Commands run with --json: whose stdout may hold nothing but events, and which of all there are were run and seen. */
import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import type { Command } from 'commander';
import { everyCommand, makeProgram } from '../../client/cli/program.ts';
import { type Ended, eventsOf, type JsonEvent } from './btr.ts';
import { isEvent } from './events-schema.ts';
import type { Person, Stage } from './stage.ts';

type Runner = Pick<Person | Stage, 'run'>;
type RunOptions = Parameters<Person['run']>[1];

/** Events by name and commands by their words (`channel add`), over all runs of a test file. */
export class JsonRuns {
  readonly events = new Set<string>();
  readonly commands = new Set<string>();

  /** Runs `btr ARGS --json`, and answers its events. */
  async of(runner: Runner, args: readonly string[], code = 0, options: RunOptions = {}): Promise<JsonEvent[]> {
    const ended = await runner.run([...args, '--json'], options);
    assert.equal(ended.code, code, `${args.join(' ')}: ${ended.stderr}`);
    return this.take(args, ended);
  }

  /** Takes note of a run. */
  take(args: readonly string[], { stdout }: Pick<Ended, 'stdout'>): JsonEvent[] {
    assert.ok(stdout === '' || stdout.endsWith('\n'), `${args.join(' ')} ends within a line`);
    const events = eventsOf(stdout);
    for (const event of events) {
      assert.ok(isEvent(event), JSON.stringify(event));
      this.events.add(String(event.event));
    }
    this.commands.add(commandNames().find((name) => `${args.join(' ')} `.startsWith(`${name} `)) ?? '');
    return events;
  }
}

/** All commands that do something, hidden ones included. */
export function commandNames(): string[] {
  const terminal = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough(), env: {} };
  const program = makeProgram({ ...terminal, signal: new AbortController().signal }, '');
  return [...everyCommand(program)].filter(({ commands }) => commands.length === 0).map(wordsOf);
}

function wordsOf(command: Command): string {
  const words: string[] = [];
  for (let one: Command | null = command; one?.parent; one = one.parent) words.unshift(one.name());
  return words.join(' ');
}
