/** A real keyring of this test's own: GNOME Keyring on a private session bus, unlocked by a password on its stdin. */
import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const missing = ['gnome-keyring-daemon', 'dbus-run-session', 'secret-tool'].filter(
  (name) => spawnSync('sh', ['-c', `command -v ${name}`]).status !== 0,
);

/** Why tests with a keyring are skipped here; false where they are not. */
export const noKeyring =
  missing.length > 0 && `there is no ${missing.join(', no ')} here (test/system/setup.sh installs what is missing)`;

/** The bus says where it is once the keyring is unlocked, and both end with stdin. */
const script = `
IFS= read -r password
printf '%s' "$password" | gnome-keyring-daemon --unlock --components=secrets >/dev/null
printf '%s\\n' "$DBUS_SESSION_BUS_ADDRESS"
cat >/dev/null`;

export class Keyring implements AsyncDisposable {
  readonly #session: ChildProcessWithoutNullStreams;
  /** What a process needs to reach it. */
  readonly env: NodeJS.ProcessEnv;

  private constructor(session: ChildProcessWithoutNullStreams, env: NodeJS.ProcessEnv) {
    this.#session = session;
    this.env = env;
  }

  /** @param folder where all its files lie. */
  static async start(folder: string, env: NodeJS.ProcessEnv): Promise<Keyring> {
    const places = ['XDG_DATA_HOME', 'XDG_CONFIG_HOME', 'XDG_CACHE_HOME', 'XDG_RUNTIME_DIR'].map(
      (name): [string, string] => [name, join(folder, name.toLowerCase())],
    );
    for (const [, path] of places) await mkdir(path, { recursive: true, mode: 0o700 });
    const own: NodeJS.ProcessEnv = { ...env, HOME: folder, ...Object.fromEntries(places) };
    const session = spawn('dbus-run-session', ['--', 'sh', '-c', script], { env: own });
    let said = '';
    session.stderr.on('data', (text: Buffer) => {
      said += text.toString();
    });
    session.stdin.write('a password of the login\n');
    for await (const address of createInterface({ input: session.stdout })) {
      return new Keyring(session, { ...own, DBUS_SESSION_BUS_ADDRESS: address });
    }
    throw new Error(`the keyring did not start: ${said}`);
  }

  /** The accounts of all entries of btr. */
  entries(): string[] {
    const { stdout, stderr } = spawnSync('secret-tool', ['search', '--all', 'service', 'btr'], {
      env: this.env,
      encoding: 'utf8',
    });
    return [...`${stdout}\n${stderr}`.matchAll(/^attribute\.username = (\S+)$/gm)].map(([, account = '']) => account);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#session, 'close');
    this.#session.stdin.end();
    await closed;
  }
}
