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

export class Screen {
  readonly #socket: string;
  readonly #env: NodeJS.ProcessEnv;

  private constructor(socket: string, env: NodeJS.ProcessEnv) {
    this.#socket = socket;
    this.#env = env;
  }

  /** Runs `btr ARGS` on a terminal of 100 columns; its exit code is shown as `[exit N]`. */
  static open(owner: Stage | Person, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Screen> {
    return Screen.run(owner, [process.execPath, builtProgram(), ...args], env);
  }

  /** The same with any program, such as a shell. */
  static async run(owner: Stage | Person, words: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Screen> {
    const stage = 'stage' in owner ? owner.stage : owner;
    const command = words.map(quoted).join(' ');
    const screen = new Screen(stage.path(`tmux-${screens++}`), { ...owner.env, TERM: 'xterm-256color', ...env });
    const script = `cd ${quoted(stage.folder)}; ${command}; echo "[exit $?]"; exec sleep 600`;
    await screen.#tmux('-f', '/dev/null', 'new-session', '-d', '-x', '100', '-y', '40', script);
    return screen;
  }

  /** All lines, those that have scrolled away included. */
  async text(): Promise<string> {
    return (await this.#tmux('capture-pane', '-p', '-S', '-')).trimEnd();
  }

  /** Waits until the terminal shows this. */
  async until(pattern: RegExp): Promise<string> {
    for (const end = performance.now() + patience; ; await sleep(glance)) {
      const text = await this.text();
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

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#tmux('kill-server').catch(() => {});
  }

  async #tmux(...args: string[]): Promise<string> {
    const { stdout } = await run('tmux', ['-S', this.#socket, ...args], { env: this.#env, maxBuffer: 2 ** 26 });
    return stdout;
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
