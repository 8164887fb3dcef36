import { once } from 'node:events';
import type { Command } from 'commander';
import type { CloudChannel, EmbeddedCloud } from '../cloud/index.ts';
import { errorCode, UsageError } from '../errors.ts';
import { parsePort } from '../ui/format.ts';
import { type CommonOptions, defineCommand, run } from './command.ts';
import type { Terminal } from './terminal.ts';

interface CloudOptions extends CommonOptions {
  readonly port: number;
  readonly data?: string;
  readonly people: string;
}

const defaultPort = 4566;

export function cloudCommand(terminal: Terminal): Command {
  return defineCommand({
    name: 'cloud',
    summary: 'run the embedded cloud on 127.0.0.1, for trying things without an account',
    examples: [
      ['btr cloud', 'then copy the lines it prints into two other terminals'],
      ['btr cloud --port 0 --data ./cloud --json', 'any free port, kept on disk, told as NDJSON'],
    ],
  })
    .option('--port <n>', '0 for any free one', parsePort, defaultPort)
    .option('--data <dir>', 'keep what it holds in this folder; else it is gone when the cloud ends')
    .option('--people <a,b>', 'the names of the two whose channel is made', 'alice,bob')
    .action((options: CloudOptions) => cloud(terminal, options));
}

async function cloud(terminal: Terminal, options: CloudOptions): Promise<void> {
  const { output } = run(terminal, options);
  const [a, b, more] = options.people.split(',');
  if (!a || !b || more !== undefined) throw badPeople();
  const { startCloud } = await import('../cloud/index.ts');
  const started = await startCloud({ port: options.port, ...(options.data ? { dataDir: options.data } : {}) }).catch(
    (error: unknown) => {
      throw portProblem(error, options.port);
    },
  );
  try {
    const { queues, bucket } = makeChannel(started, { a, b });
    const drop = (role: 'a' | 'b') => {
      const [tx, rx] = role === 'a' ? (['a-to-b', 'b-to-a'] as const) : (['b-to-a', 'a-to-b'] as const);
      return `aws:tx=${queues[tx]},rx=${queues[rx]},bucket=${bucket}`;
    };
    output.event({
      event: 'cloud',
      endpoint: started.endpoint,
      env: started.env,
      drops: { a: drop('a'), b: drop('b') },
    });
    output.line(`An SQS and S3 of your own at ${started.endpoint}; Ctrl-C ends it.\n`);
    output.line('In every terminal that uses it:\n');
    for (const [name, value] of Object.entries(started.env)) output.line(`  export ${name}=${value}`);
    const steps = [
      [a, [`btr invite ${b} --as a --drop ${drop('a')}`, 'btr chat']],
      [b, ['btr join', 'btr chat']],
    ] as const;
    for (const [person, commands] of steps) {
      output.line(`\nTo be ${person}:\n`);
      output.line(`  export BTR_HOME="$PWD/${person}"`);
      output.line(`  btr init --name ${person} --no-passphrase`);
      for (const command of commands) output.line(`  ${command}`);
    }
    output.line(`\n${a} hands over the invite, and the PIN apart from it; ${b} pastes the one and types the other.`);
    if (!terminal.signal.aborted) await once(terminal.signal, 'abort');
  } finally {
    await started.close();
  }
  throw terminal.signal.reason;
}

function makeChannel(cloud: EmbeddedCloud, people: { a: string; b: string }): CloudChannel {
  try {
    return cloud.makeChannel(people);
  } catch (cause) {
    throw cause instanceof RangeError ? badPeople(cause) : cause;
  }
}

function badPeople(cause?: unknown): UsageError {
  return new UsageError('--people takes two names of letters, digits and single hyphens.', {
    code: 'bad-people',
    hint: 'Like: --people alice,bob',
    cause,
  });
}

function portProblem(error: unknown, port: number): unknown {
  if (errorCode(error) !== 'EADDRINUSE' && errorCode(error) !== 'EACCES') return error;
  return new UsageError(`Port ${port} can't be had.`, {
    code: 'port-taken',
    hint: 'Another program has it, perhaps another `btr cloud`. Take another: --port 0',
    cause: error,
  });
}
