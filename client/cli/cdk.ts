/** The CDK of this clone, run as a child: for those who never heard of it, and only from a clone, which holds the app. */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { DropError, SetupError, UsageError } from '../errors.ts';
import { visible } from '../ui/visible.ts';
import type { Running } from './command.ts';

/** A stack as the CDK app would make it. */
export interface Assembly {
  /** Where it lies; what is deployed later is exactly this. */
  readonly folder: string;
  readonly stack: string;
  /** By type, such as `AWS::SQS::Queue`. */
  readonly resources: Readonly<Record<string, number>>;
  /** Names. */
  readonly queues: readonly string[];
}

/** The folder of the clone that this program runs from. @throws SetupError with code `no-clone`. */
export function findClone(): string {
  for (let folder = import.meta.dirname; folder !== dirname(folder); folder = dirname(folder)) {
    if (isClone(folder)) return folder;
  }
  throw new SetupError('This installation has no CDK app to deploy with: it is in a clone of btr only.', {
    code: 'no-clone',
    hint: 'In a clone: npm ci, then npx btr deploy. Or ask the owner of a stack for an invite, and: btr join',
  });
}

function isClone(folder: string): boolean {
  const isThere = ['package.json', 'cdk.json', 'infra/app.ts', cdkProgram].every((path) =>
    existsSync(join(folder, path)),
  );
  if (!isThere) return false;
  const { name }: { name?: unknown } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return name === 'btr';
}

const cdkProgram = 'node_modules/aws-cdk/bin/cdk';

interface CdkOptions {
  readonly clone: string;
  /** Absent: as AWS's variables and profiles say. */
  readonly region?: string;
}

/** Makes the stack of these settings in a folder and tells what is in it. @throws UsageError where one is wrong. */
export async function synthesize(
  running: Running,
  clone: string,
  folder: string,
  settings: Readonly<Record<string, string>>,
): Promise<Assembly> {
  const context = Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`]);
  const { code, said } = await runCdk(running, { clone }, ['synth', '--quiet', '--output', folder, ...context], false);
  if (code !== 0) throw refusedSettings(said) ?? cdkFailed('synth', said);
  const file = readdirSync(folder).find((name) => name.endsWith(templateEnd));
  if (file === undefined) throw cdkFailed('synth', said);
  const template: Template = JSON.parse(await readFile(join(folder, file), 'utf8'));
  const resources = Object.values(template.Resources);
  return {
    folder,
    stack: file.slice(0, -templateEnd.length),
    resources: Object.fromEntries(
      [...Map.groupBy(resources, ({ Type }) => Type)].map(([type, found]) => [type, found.length]),
    ),
    queues: resources.flatMap(({ Type, Properties }) =>
      Type === 'AWS::SQS::Queue' ? [String(Properties?.QueueName)] : [],
    ),
  };
}

const templateEnd = '.template.json';

interface Template {
  readonly Resources: Readonly<
    Record<string, { readonly Type: string; readonly Properties?: { QueueName?: unknown } }>
  >;
}

/** Runs `cdk bootstrap` or `cdk deploy`, its progress on stderr. @throws DropError with the CDK's last word. */
export async function cdk(running: Running, options: CdkOptions, args: readonly string[]): Promise<void> {
  const { code, said } = await runCdk(running, options, args, !running.output.quiet);
  if (code !== 0) throw cdkFailed(args[0] ?? '', said);
}

interface CdkEnd {
  readonly code: number | null;
  /** All that it wrote, without empty lines. */
  readonly said: readonly string[];
}

/** Ctrl-C is passed on. @throws the signal's reason. */
async function runCdk(
  { terminal, output }: Running,
  { clone, region }: CdkOptions,
  args: readonly string[],
  isShown: boolean,
): Promise<CdkEnd> {
  terminal.signal.throwIfAborted();
  const child = spawn(process.execPath, [join(clone, cdkProgram), ...args], {
    cwd: clone,
    env: {
      ...terminal.env,
      ...(region === undefined ? {} : { AWS_REGION: region, AWS_DEFAULT_REGION: region }),
      // cdk.json says `node infra/app.ts`: it is to be the Node that runs this.
      PATH: `${dirname(process.execPath)}${delimiter}${terminal.env.PATH ?? ''}`,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const pieces: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      pieces.push(text);
      if (isShown) terminal.stderr.write(text);
    });
  }
  const interrupt = () => {
    child.kill('SIGINT');
    if (isShown) output.note('What CloudFormation has begun goes on by itself. To go on: run the same command again.');
  };
  terminal.signal.addEventListener('abort', interrupt, { once: true });
  try {
    const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
    terminal.signal.throwIfAborted();
    const lines = pieces.join('').split('\n');
    return { code, said: lines.map((line) => line.trim()).filter((line) => line !== '') };
  } finally {
    terminal.signal.removeEventListener('abort', interrupt);
  }
}

/** The app ends with 2 where a setting is wrong, after two lines: what is wrong, and what would be right. */
function refusedSettings(said: readonly string[]): UsageError | undefined {
  const end = said.findIndex((line) => line.endsWith('Subprocess exited with error 2'));
  const [text, hint] = said.slice(Math.max(0, end - 2), Math.max(0, end));
  return text === undefined || hint === undefined ? undefined : new UsageError(text, { code: 'bad-setting', hint });
}

/** The longest part of the CDK's own words that is repeated. */
const longest = 600;

function cdkFailed(command: string, said: readonly string[]): DropError {
  const mark = said.findLastIndex((line) => line.includes('❌'));
  const words = mark < 0 ? said.slice(-1) : said.slice(mark);
  // Behind them there may be where in the CDK it was noticed.
  const trace = words.findIndex((line) => line.startsWith('at '));
  const last = words.slice(0, trace < 0 ? undefined : trace).join(' ') || 'it said nothing';
  return new DropError(`cdk ${command} did not succeed: ${visible(last.slice(0, longest))}`, {
    code: 'cdk-failed',
    hint: 'Mend what it names, then run the same command again: it goes on from what is there.',
    retryable: false,
  });
}
