/**
 * Tells the desktop that something came, and nothing else: what a command is given, others on this machine can read.
 * notify-send talks with the desktop over D-Bus; macOS has osascript.
 */
import { spawn } from 'node:child_process';

/** Notices are at least so far apart, in milliseconds. */
const pause = 5000;

const words = 'new message';
const commands: Partial<Record<NodeJS.Platform, readonly [string, ...string[]]>> = {
  darwin: ['osascript', '-e', `display notification "${words}" with title "btr"`],
  linux: ['notify-send', '--app-name=btr', 'btr', words],
};

export class DesktopNotice {
  readonly #onTrouble: (text: string) => void;
  #toldAt = Number.NEGATIVE_INFINITY;
  #isBroken = false;

  /** @param onTrouble hears once why nothing is shown. */
  constructor(onTrouble: (text: string) => void) {
    this.#onTrouble = onTrouble;
  }

  /** Something came. */
  tell(): void {
    const now = performance.now();
    if (this.#isBroken || now - this.#toldAt < pause) return;
    this.#toldAt = now;
    const [command, ...args] = commands[process.platform] ?? [];
    if (command === undefined) {
      this.#fail('There are no desktop notifications on this system.');
      return;
    }
    const child = spawn(command, args, { stdio: 'ignore' });
    child.on('error', () => this.#fail(`No desktop notifications: ${command} is not there.`));
    child.on('exit', (code) => {
      if (code !== 0) this.#fail(`No desktop notifications: ${command} finds no desktop.`);
    });
    child.unref();
  }

  #fail(text: string): void {
    if (this.#isBroken) return;
    this.#isBroken = true;
    this.#onTrouble(text);
  }
}
