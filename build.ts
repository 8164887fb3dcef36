/**
 * Bundles the program into dist/: one small entry, and chunks that commands load when they run. With all of their
 * JavaScript inside, an installation fetches only what is native code, and starts faster; licences go along in one file.
 *
 * `node build.ts [FOLDER]`: the benchmark has its build in a folder of its own; declarations are only in dist/.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { type BuildOptions, build, type Metafile, type Plugin } from 'esbuild';
import { manPage } from './client/cli/man-page.ts';
import { makeProgram } from './client/cli/program.ts';
import type { Terminal } from './client/cli/terminal.ts';
import type { Build } from './client/cli/version.ts';

const dist = process.argv[2] ?? 'dist';

const libsignal = '@signalapp/libsignal-client';

const manifest: { version: string; license: string } = JSON.parse(readFileSync('package.json', 'utf8'));

/** Old Nodes can't read what comes next, so this stands alone and speaks plainly. */
const entry = `#!/usr/bin/env node
const [major = 0] = process.versions.node.split('.').map(Number);
if (major < 24) {
  console.error('btr needs Node 24 or later; this is Node ' + process.versions.node + '.');
  console.error('In a clone, npm start and npx btr use the one that npm ci installed.');
  process.exit(3);
}
const { enableCompileCache } = await import('node:module');
enableCompileCache();
const { main } = await import('./main.js');
await main(process.argv.slice(2), ${JSON.stringify(describeBuild())});
`;

/**
 * Loading a module of Node's own costs a millisecond or more, and an import that nothing uses any more after shaking
 * would still load it (http2, for one, that the AWS SDK imports and this program never speaks).
 */
const unusedBuiltins: Plugin = {
  name: 'unused-builtins',
  setup: ({ onResolve }) =>
    onResolve({ filter: /^node:/ }, ({ path }) => ({ path, external: true, sideEffects: false })),
};

/** See node-http.ts: the AWS SDK gets its http client from there. */
const nodeHttp: Plugin = {
  name: 'node-http',
  setup: ({ onResolve }) =>
    onResolve({ filter: /^node:http$/ }, ({ importer }) =>
      importer.includes('node-http-handler') ? { path: resolve('client/drops/aws/node-http.ts') } : undefined,
    ),
};

/**
 * Of libsignal all but the file that loads its native code is bundled and shaken: as a whole, with its clients for
 * Signal's servers, it takes 60 ms to load; what is left of it 10. The index registers its errors and must stay; the
 * other modules do nothing when they are loaded.
 */
const libsignalNative: Plugin = {
  name: 'libsignal-native',
  setup: ({ onResolve, resolve: find }) => {
    onResolve({ filter: /^\.{1,2}\// }, async ({ path, importer, kind, resolveDir, pluginData }) => {
      if (pluginData === libsignal || !importer.includes(`/node_modules/${libsignal}/`)) return undefined;
      const found = await find(path, { kind, importer, resolveDir, pluginData: libsignal });
      const native = `${libsignal}/dist/Native.js`;
      if (found.path.endsWith(native)) return { path: native, external: true };
      return { ...found, sideEffects: false };
    });
  },
};

/**
 * ssh2 takes packets of 32 KiB, and has no setting for that; RFC 4254, section 5.1, lets each side say what it takes.
 * In packets of 128 KiB a large file comes with less processor time on both sides.
 */
const largerPackets = [
  ['Channel.js', 'const PACKET_SIZE = 32 * 1024;', 'const PACKET_SIZE = 128 * 1024;'],
  ['protocol/crypto.js', 'const MAX_PACKET_SIZE = 35000;', 'const MAX_PACKET_SIZE = 130 * 1024;'],
] as const;

/**
 * ssh2 does without its native parts, which npm may or may not have built here: for AES-GCM they are no faster than
 * Node's own code, and a bundle is the same wherever it is made. See node-crypto.ts for where it gets that from.
 */
const ssh2: Plugin = {
  name: 'ssh2',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^crypto$/ }, ({ importer }) =>
      importer.includes('/ssh2/lib/protocol/') ? { path: resolve('client/drops/sftp/node-crypto.ts') } : undefined,
    );
    onResolve({ filter: /^cpu-features$|\/sshcrypto\.node$/ }, ({ path }) => ({ path, namespace: 'left-out' }));
    for (const [file, line, changed] of largerPackets) {
      onLoad({ filter: new RegExp(`/ssh2/lib/${file}$`) }, ({ path }) => {
        const code = readFileSync(path, 'utf8');
        if (!code.includes(line)) throw new Error(`no longer in ${path}: ${line}`);
        return { contents: code.replace(line, changed) };
      });
    }
    onLoad({ filter: /./, namespace: 'left-out' }, ({ path }) => ({ contents: `throw new Error('without ${path}');` }));
  },
};

/** Ink can be looked into while somebody develops with it; what that takes is not installed. */
const ink: Plugin = {
  name: 'ink',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^react-devtools-core$/ }, ({ path }) => ({ path, namespace: 'left-out' }));
    // Yoga would fetch its code out of an address that holds it, for which Node loads a whole HTTP client.
    onLoad({ filter: /\/yoga-wasm-base64-esm\.js$/ }, ({ path }) => ({
      contents: `const fetch = undefined;\n${readFileSync(path, 'utf8')}`,
    }));
  },
};

const plugins = [nodeHttp, unusedBuiltins, libsignalNative, ssh2, ink];
const core = 'client/messenger/index.ts';
const main = 'client/main.ts';

const options: BuildOptions & { metafile: true } = {
  entryPoints: { main, index: core },
  outdir: dist,
  chunkNames: 'chunks/[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  minify: true,
  keepNames: true,
  legalComments: 'none',
  // The ES modules of the AWS SDK can be shaken down to what is used.
  mainFields: ['module', 'main'],
  // Native code: it comes with the package's dependencies, the keyring only where it can.
  external: ['@napi-rs/keyring'],
  plugins,
  metafile: true,
  // Some of the libraries are CommonJS and ask for require, and for where they are.
  // React without what helps those who develop with it.
  define: {
    __dirname: 'import.meta.dirname',
    'process.env.NODE_ENV': '"production"',
  },
  banner: { js: "import{createRequire as __btrRequire}from'node:module';const require=__btrRequire(import.meta.url);" },
  logLevel: 'warning',
};

/** What `btr web` serves, beside index.html: one script and one style sheet, and nothing from anywhere else. */
const page = 'client/web/page';
const pageOptions: BuildOptions & { metafile: true } = {
  entryPoints: [`${page}/main.tsx`, `${page}/page.css`],
  entryNames: 'page',
  outdir: join(dist, 'web'),
  bundle: true,
  format: 'esm',
  platform: 'browser',
  target: ['chrome126', 'firefox128', 'safari18'],
  jsx: 'automatic',
  minify: true,
  legalComments: 'none',
  metafile: true,
  define: { 'process.env.NODE_ENV': '"production"' },
  logLevel: 'warning',
};

rmSync(dist, { recursive: true, force: true });
const scanned = await build({ ...options, write: false });
const parts = partsLoadedLater(scanned.metafile);
const { metafile } = await build({ ...options, plugins: [...plugins, loadedFirst(parts)] });
const { metafile: pageMetafile } = await build(pageOptions);
copyFileSync(`${page}/index.html`, join(dist, 'web', 'index.html'));

writeFileSync(join(dist, 'btr.js'), entry, { mode: 0o755 });
writeFileSync(join(dist, 'btr.1'), manPage(makeProgram(nobody(), ''), manifest.version));
writeFileSync(join(dist, 'THIRD-PARTY-LICENSES.txt'), licenses(metafile, pageMetafile));
if (dist === 'dist') declareTypes();

/** What btr --version says. The repository is this folder's own: a package may lie inside that of somebody else. */
function describeBuild(): Build {
  const { version: carried }: { version: string } = JSON.parse(
    readFileSync(join('node_modules', libsignal, 'package.json'), 'utf8'),
  );
  const commit = existsSync('.git') ? git('rev-parse', '--verify', '--quiet', 'HEAD').slice(0, 7) : '';
  const changed = commit !== '' && git('--no-optional-locks', 'status', '--porcelain') !== '';
  return { version: manifest.version, commit: commit === '' ? null : commit, changed, libsignal: carried };
}

/** Nobody talks with the program whose definitions are read. */
function nobody(): Terminal {
  const { stdin, stdout, stderr } = process;
  return { stdin, stdout, stderr, env: {}, signal: new AbortController().signal };
}

/** What git says; nothing where it is not there, or the repository has no commit. */
function git(...args: readonly string[]): string {
  return spawnSync('git', args, { encoding: 'utf8' }).stdout?.trim() ?? '';
}

/** The program's own files that are imported while it runs, and that nothing imports which runs from the start. */
function partsLoadedLater({ inputs }: Metafile): Set<string> {
  const early = new Set<string>();
  const visit = (path: string): void => {
    if (early.has(path)) return;
    early.add(path);
    for (const { path: next, kind } of inputs[path]?.imports ?? []) if (kind === 'import-statement') visit(next);
  };
  visit(main);
  visit(core);
  const later = Object.values(inputs).flatMap(({ imports }) => imports.filter(({ kind }) => kind === 'dynamic-import'));
  return new Set(later.map(({ path }) => path).filter((path) => path.startsWith('client/') && !early.has(path)));
}

/**
 * esbuild makes a chunk for each set of parts that share something: dozens of small ones, at a third of a millisecond
 * each. Where each part imports all that is loaded by then anyway, that is one chunk: the core, and for parts of the
 * interfaces what the entry needs, too.
 */
function loadedFirst(paths: ReadonlySet<string>): Plugin {
  return {
    name: 'loaded-first',
    setup: ({ onLoad }) =>
      onLoad({ filter: /\.ts$/ }, ({ path }) => {
        const part = relative('.', path).replaceAll('\\', '/');
        if (!paths.has(part)) return undefined;
        const first = /^client\/(cli|daemon|tui|ui|web)\//.test(part) ? [core, main] : [core];
        const imports = first.map((loaded) => `import ${JSON.stringify(resolve(loaded))};`);
        return { contents: [readFileSync(path, 'utf8'), ...imports].join('\n'), loader: 'ts' };
      }),
  };
}

/** The licence texts of every package of which anything is in the bundles. */
function licenses(...bundles: readonly Metafile[]): string {
  const folders = new Set(bundles.flatMap(({ inputs }) => Object.keys(inputs)).flatMap(packageFolder));
  return [...folders].sort().map(licenseOf).join('\n\n');
}

function packageFolder(path: string): string[] {
  const match = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path);
  return match?.[1] ? [match[1]] : [];
}

function licenseOf(folder: string): string {
  const { name, version, license }: { name: string; version: string; license?: string } = JSON.parse(
    readFileSync(join(folder, 'package.json'), 'utf8'),
  );
  const head = `${name} ${version} (${license ?? 'see below'})\n${'-'.repeat(72)}`;
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  if (file) return `${head}\n${readFileSync(join(folder, file), 'utf8').trim()}`;
  // libsignal's package leaves its licence out, which is this program's own.
  if (license === manifest.license) return `${head}\n${readFileSync('LICENSE', 'utf8').trim()}`;
  // Some packages name their licence and leave out its text; those that do share it with one that has it here.
  return `${head}\nThe text of ${license} stands with another package on this page.`;
}

/** Type declarations for those who use the messenger as a library. */
function declareTypes(): void {
  const compiler = join('node_modules', '.bin', 'tsc');
  const { status, stdout } = spawnSync(compiler, ['-p', 'tsconfig.types.json'], { encoding: 'utf8' });
  if (status === 0) return;
  process.stderr.write(stdout);
  process.exit(1);
}
