/**
 * The program as an installation has it: bundled by build.ts, once for each state of the source, in a place of its
 * own. So no test depends on dist/, which somebody may be making anew, and test files that run side by side share it.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { cp, readdir, rm, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const repository = fileURLToPath(new URL('../..', import.meta.url));
const cache = join(repository, 'node_modules', '.cache', 'btr-test');
/** What build.ts reads. */
const sources = ['client', 'lambdas', 'build.ts', 'package.json', 'tsconfig.json', 'tsconfig.types.json', 'LICENSE'];
/** Builds of older sources are kept so long, in milliseconds: other runs may still use them. */
const keep = 3_600_000;

let built: string | undefined;

/** The path of the bundled btr.js. */
export function builtProgram(): string {
  built ??= build();
  return built;
}

/** Copies everything that `npm pack` needs, with the installed dependencies, so that dist/ is made there. */
export async function copyProject(folder: string): Promise<void> {
  for (const name of [...sources, 'docs', 'README.md', '.npmrc']) {
    if (existsSync(join(repository, name))) await cp(join(repository, name), join(folder, name), { recursive: true });
  }
  await symlink(join(repository, 'node_modules'), join(folder, 'node_modules'));
}

function build(): string {
  const folder = join(cache, fingerprint());
  if (!existsSync(join(folder, 'btr.js'))) {
    buildInto(folder);
    void removeOld();
  }
  return join(folder, 'btr.js');
}

/** Node refuses to strip types below node_modules, so the work is done elsewhere and the outcome moved in at once. */
function buildInto(folder: string): void {
  const work = mkdtempSync(join(tmpdir(), 'btr-build-'));
  mkdirSync(cache, { recursive: true });
  const ready = mkdtempSync(join(cache, 'new-'));
  try {
    for (const name of sources) cpSync(join(repository, name), join(work, name), { recursive: true });
    const link = join(work, 'node_modules');
    symlinkSync(join(repository, 'node_modules'), link);
    const { status, stderr } = spawnSync(process.execPath, ['build.ts'], { cwd: work, encoding: 'utf8' });
    if (status !== 0) throw new Error(`build.ts failed: ${stderr}`);
    cpSync(join(work, 'dist'), ready, { recursive: true });
    cpSync(join(work, 'package.json'), join(ready, 'package.json'));
    renameSync(ready, folder);
  } catch (error) {
    // Somebody else was faster with the same build.
    if (!existsSync(join(folder, 'btr.js'))) throw error;
  } finally {
    rmSync(work, { recursive: true, force: true });
    rmSync(ready, { recursive: true, force: true });
  }
}

function fingerprint(): string {
  const hash = createHash('sha256');
  for (const name of sources) addTo(hash, name);
  return hash.digest('hex').slice(0, 20);
}

function addTo(hash: ReturnType<typeof createHash>, name: string): void {
  const path = join(repository, name);
  const entries = statSync(path).isDirectory() ? readdirSync(path, { withFileTypes: true }) : undefined;
  if (!entries) {
    hash.update(`${name}\n`).update(readFileSync(path));
    return;
  }
  for (const entry of entries.sort((one, other) => (one.name < other.name ? -1 : 1)))
    addTo(hash, `${name}/${entry.name}`);
}

async function removeOld(): Promise<void> {
  for (const name of await readdir(cache)) {
    const { mtimeMs } = await stat(join(cache, name)).catch(() => ({ mtimeMs: Date.now() }));
    if (Date.now() - mtimeMs > keep) await rm(join(cache, name), { recursive: true, force: true });
  }
}
