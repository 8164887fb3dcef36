/** A real terminal for btr, held by a tmux server of the test's own: keys go in, and what a person would see comes out. */
import { execFile, spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { builtProgram } from './built.ts';
import type { Person, Stage } from './stage.ts';

const run = promisify(execFile);

/** Why tests on a terminal are skipped here; false where they are not. */
export const noTerminal =
  spawnSync('tmux', ['-V']).error !== undefined && 'tmux is not installed (test/system/setup.sh does it)';

/** How long to wait for something to be seen, in milliseconds, and how often to look. */
const patience = 30_000;
const glance = 30;

let screens = 0;

export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

export class Screen {
  readonly #socket: string;
  readonly #env: NodeJS.ProcessEnv;

  private constructor(socket: string, env: NodeJS.ProcessEnv) {
    this.#socket = socket;
    this.#env = env;
  }

  /** Runs `btr ARGS` on a terminal; its exit code is shown as `[exit N]`. */
  static open(
    owner: Stage | Person,
    args: readonly string[],
    env: NodeJS.ProcessEnv = {},
    size?: ScreenSize,
  ): Promise<Screen> {
    return Screen.run(owner, [process.execPath, builtProgram(), ...args], env, size);
  }

  /** The same with any program, such as a shell. */
  static async run(
    owner: Stage | Person,
    words: readonly string[],
    env: NodeJS.ProcessEnv = {},
    { columns, rows }: ScreenSize = { columns: 100, rows: 40 },
  ): Promise<Screen> {
    const stage = 'stage' in owner ? owner.stage : owner;
    const command = words.map(quoted).join(' ');
    const screen = new Screen(stage.path(`tmux-${screens++}`), { ...owner.env, TERM: 'xterm-256color', ...env });
    const script = `cd ${quoted(stage.folder)}; ${command}; echo "[exit $?]"; exec sleep 600`;
    await screen.#tmux('-f', '/dev/null', 'new-session', '-d', '-x', String(columns), '-y', String(rows), script);
    return screen;
  }

  /** Runs `btr ARGS` in the shell that runs there. */
  async enterBtr(args: readonly string[]): Promise<void> {
    await this.enter(`${[process.execPath, builtProgram(), ...args].map(quoted).join(' ')}; echo "[exit $?]"`);
  }

  /** What a person sees now. */
  async view(): Promise<string> {
    return this.#tmux('capture-pane', '-p');
  }

  /** The same with the control sequences that make its styles. */
  async styledView(): Promise<string> {
    return this.#tmux('capture-pane', '-p', '-e');
  }

  /** What tmux knows of the terminal: `#{alternate_on}`, `#{cursor_flag}`, `#{pane_title}`. */
  async ask(format: string): Promise<string> {
    return (await this.#tmux('display-message', '-p', format)).trimEnd();
  }

  async resize(columns: number, rows: number): Promise<void> {
    await this.#tmux('resize-window', '-x', String(columns), '-y', String(rows));
  }

  /** As a terminal with bracketed paste does it. */
  async paste(text: string): Promise<void> {
    await this.#tmux('set-buffer', '--', text);
    await this.#tmux('paste-buffer', '-p');
  }

  /** All lines, those that have scrolled away included. */
  async text(): Promise<string> {
    return (await this.#tmux('capture-pane', '-p', '-S', '-')).trimEnd();
  }

  /** Waits until the terminal shows this, or has shown it. */
  until(pattern: RegExp): Promise<string> {
    return this.#until(pattern, () => this.text());
  }

  /** Waits until a person sees this. */
  untilView(pattern: RegExp): Promise<string> {
    return this.#until(pattern, () => this.view());
  }

  async #until(pattern: RegExp, look: () => Promise<string>): Promise<string> {
    for (const end = performance.now() + patience; ; await sleep(glance)) {
      const text = await look();
      if (pattern.test(text)) return text;
      if (performance.now() > end) throw new Error(`never saw ${pattern} in:\n${text}`);
    }
  }

  /** Types a text as it is. */
  async type(text: string): Promise<void> {
    await this.#tmux('send-keys', '-l', '--', text);
  }

  /** Presses keys by the names that tmux has for them: `Enter`, `C-c`, `C-d`. */
  async press(...keys: string[]): Promise<void> {
    await this.#tmux('send-keys', ...keys);
  }

  async enter(text: string): Promise<void> {
    await this.type(text);
    await this.press('Enter');
  }

  /** Sends a signal to the btr that runs in the terminal. */
  async signal(name: NodeJS.Signals): Promise<void> {
    const { stdout } = await run('ps', ['-t', await this.ask('#{pane_tty}'), '-o', 'pid=,args=']);
    const [, pid] = /^ *(\d+) \S*node \S*btr\.js /m.exec(stdout) ?? [];
    if (pid === undefined) throw new Error(`no btr among:\n${stdout}`);
    process.kill(Number(pid), name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const pids = await this.#processes().catch(() => '');
    await this.#tmux('kill-server').catch(() => {});
    // What ran there may still write into the test's folder.
    while (pids !== '' && (await isRunning(pids))) await sleep(glance);
  }

  /** What runs in the terminal, with commas in between. */
  async #processes(): Promise<string> {
    const { stdout } = await run('ps', ['-t', await this.ask('#{pane_tty}'), '-o', 'pid=']);
    return stdout.trim().split(/\s+/).join(',');
  }

  async #tmux(...args: string[]): Promise<string> {
    const { stdout } = await run('tmux', ['-u', '-S', this.#socket, ...args], { env: this.#env, maxBuffer: 2 ** 26 });
    return stdout;
  }
}

/** Whether any of them does more than wait to be buried. */
async function isRunning(pids: string): Promise<boolean> {
  const { stdout } = await run('ps', ['-p', pids, '-o', 'stat=']).catch(() => ({ stdout: '' }));
  return /^[^Z\s]/m.test(stdout);
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
