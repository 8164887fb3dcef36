/**
 * The arrows of the design: which part may import which. Each rule answers with the file and line that breaks it.
 *
 *     cli, tui, web -> messenger -> (store, drops, crypto, protocol); protocol imports nothing of ours but errors
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

interface Import {
  /** Both relative to the root, with slashes: `client/cli/send.ts`. */
  readonly from: string;
  readonly line: number;
  /** A file of ours, relative to the root, or a package's name. */
  readonly to: string;
  readonly isOurs: boolean;
  /** Erased before it runs. */
  readonly isType: boolean;
}

const statement =
  /^[ \t]*(?:import|export)(?<type>\s+type\b)?[^'";]*?\bfrom\s*['"](?<from>[^'"]+)['"]|^[ \t]*import\s*['"](?<bare>[^'"]+)['"]|\bimport\(\s*['"](?<dynamic>[^'"]+)['"]\s*\)/gm;

/** The imports of one file, comments left out. */
function importsOf(file: string, source: string): Import[] {
  const code = source
    .replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ' '))
    .replace(/^[ \t]*\/\/.*$/gm, '');
  return [...code.matchAll(statement)].map((match) => {
    const { type, from, bare, dynamic } = match.groups ?? {};
    const what = from ?? bare ?? dynamic ?? '';
    const isOurs = what.startsWith('.') && !what.includes('node_modules/');
    const to = isOurs ? slashes(relative(root, join(root, dirname(file), what))) : packageOf(what);
    const start = match.index + match[0].search(/\S/);
    return { from: file, line: code.slice(0, start).split('\n').length, to, isOurs, isType: type !== undefined };
  });
}

function packageOf(what: string): string {
  return what.replace(/^.*node_modules\//, '');
}

function slashes(path: string): string {
  return path.split(sep).join('/');
}

function sourceFiles(folder: string): Map<string, string> {
  const entries = readdirSync(join(root, folder), { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name));
  return new Map(
    files.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [slashes(relative(root, path)), readFileSync(path, 'utf8')];
    }),
  );
}

/** What each part may import of ours, as beginnings of paths. The first entry whose `part` fits a file counts. */
const allowed: readonly { part: string; may: readonly string[] }[] = [
  { part: 'client/errors.ts', may: [] },
  { part: 'client/protocol/', may: ['client/protocol/', 'client/errors.ts'] },
  { part: 'client/crypto/', may: ['client/crypto/', 'client/protocol/', 'client/errors.ts'] },
  {
    part: 'client/drops/aws/',
    // What a function does in the cloud is done the same way by hand; its handler is for the function alone.
    may: [
      'client/drops/',
      'client/protocol/',
      'client/errors.ts',
      'lambdas/expire-drops/expire.ts',
      'lambdas/expire-drops/shelf.ts',
    ],
  },
  {
    part: 'client/drops/azure/',
    may: ['client/drops/', 'client/protocol/', 'client/errors.ts', 'lambdas/expire-drops/expire.ts'],
  },
  { part: 'client/drops/', may: ['client/drops/', 'client/protocol/', 'client/errors.ts'] },
  {
    part: 'client/store/',
    may: ['client/store/', 'client/crypto/', 'client/protocol/', 'client/errors.ts'],
  },
  {
    part: 'client/messenger/',
    may: [
      'client/messenger/',
      'client/store/',
      'client/drops/',
      'client/crypto/',
      'client/protocol/',
      'client/errors.ts',
    ],
  },
  { part: 'client/cloud/', may: ['client/cloud/', 'client/drops/aws/', 'client/protocol/', 'client/errors.ts'] },
  {
    part: 'client/cli/',
    may: [
      'client/cli/',
      'client/ui/',
      'client/tui/',
      'client/web/',
      'client/daemon/',
      'client/messenger/',
      'client/cloud/',
      'client/drops/registry.ts',
      'client/drops/drop.ts',
      'client/drops/aws/outputs.ts',
      'client/drops/aws/stack.ts',
      'client/protocol/roles.ts',
      'client/errors.ts',
    ],
  },
  { part: 'client/ui/', may: ['client/ui/', 'client/messenger/', 'client/errors.ts'] },
  { part: 'client/tui/', may: ['client/tui/', 'client/ui/', 'client/messenger/', 'client/errors.ts'] },
  // The page runs in a browser: of ours it knows what goes over the wire to it, and words that need nothing of Node.
  {
    part: 'client/web/page/',
    may: ['client/web/page/', 'client/web/api.ts', 'client/ui/visible.ts', 'client/ui/format.ts'],
  },
  { part: 'client/web/', may: ['client/web/', 'client/ui/', 'client/messenger/', 'client/errors.ts'] },
  { part: 'client/daemon/', may: ['client/daemon/', 'client/ui/', 'client/messenger/', 'client/errors.ts'] },
  { part: 'client/main.ts', may: ['client/cli/', 'client/errors.ts'] },
  { part: 'lambdas/', may: ['lambdas/', 'client/protocol/'] },
];

/** Packages that only some parts may import. */
const bounded: readonly { packages: RegExp; within: RegExp }[] = [
  { packages: /^@aws-sdk\/|^@smithy\/|^aws-sdk/, within: /^(client\/(drops\/aws|cloud)|lambdas)\// },
  { packages: /^@azure\//, within: /^client\/drops\/azure\// },
  { packages: /^ssh2$/, within: /^client\/drops\/sftp\// },
  { packages: /^socks$/, within: /^client\/drops\/proxy\// },
  { packages: /^fauxqs(\/|$)/, within: /^client\/cloud\// },
  { packages: /^(?!node:(crypto|util|buffer)$)/, within: /^(client\/(?!protocol\/)|lambdas\/)/ },
];

function brokenArrows(imports: readonly Import[]): string[] {
  return imports.flatMap((one) => {
    if (one.isOurs) {
      const part = allowed.find(({ part: beginning }) => one.from.startsWith(beginning));
      const fits = part?.may.some((beginning) => one.to.startsWith(beginning)) ?? false;
      return fits ? [] : [`${one.from}:${one.line} imports ${one.to}`];
    }
    const rule = bounded.find(({ packages, within }) => packages.test(one.to) && !within.test(one.from));
    return rule === undefined ? [] : [`${one.from}:${one.line} imports ${one.to}`];
  });
}

/** The first circle among the imports that are there when the program runs, as a line for each step. */
function circle(imports: readonly Import[]): string[] {
  const next = Map.groupBy(
    imports.filter(({ isOurs, isType }) => isOurs && !isType),
    ({ from }) => from,
  );
  const done = new Set<string>();
  const visit = (file: string, path: readonly Import[]): string[] => {
    const start = path.findIndex(({ from }) => from === file);
    if (start >= 0) return path.slice(start).map(({ from, line, to }) => `${from}:${line} imports ${to}`);
    if (done.has(file)) return [];
    for (const step of next.get(file) ?? []) {
      const found = visit(step.to, [...path, step]);
      if (found.length > 0) return found;
    }
    done.add(file);
    return [];
  };
  for (const file of next.keys()) {
    const found = visit(file, []);
    if (found.length > 0) return found;
  }
  return [];
}

function exits(files: ReadonlyMap<string, string>): string[] {
  return [...files].flatMap(([file, source]) =>
    source
      .split('\n')
      .flatMap((line, index) =>
        /\bprocess\.(exit|abort|reallyExit)\s*\(/.test(line) && file !== 'client/main.ts'
          ? [`${file}:${index + 1}`]
          : [],
      ),
  );
}

const sources = new Map([...sourceFiles('client'), ...sourceFiles('lambdas')]);
const imports = [...sources].flatMap(([file, source]) => importsOf(file, source));

test('imports are found in every form they take', () => {
  const source = [
    "import { a } from './a.ts';",
    "import type { B } from '../drops/drop.ts';",
    "export * from './c.ts';",
    "// import { no } from './no.ts';",
    "/* import { no } from './no.ts'; */",
    'import {',
    '  d,',
    "} from '@aws-sdk/client-sqs';",
    "import './e.ts';",
    "const f = await import('./f.ts');",
    "export { g } from '../../node_modules/fauxqs/dist/g.js';",
  ].join('\n');
  const found = importsOf('client/cli/x.ts', source).map(
    ({ line, to, isType }) => `${line} ${to}${isType ? ' type' : ''}`,
  );
  assert.deepEqual(found, [
    '1 client/cli/a.ts',
    '2 client/drops/drop.ts type',
    '3 client/cli/c.ts',
    '6 @aws-sdk/client-sqs',
    '9 client/cli/e.ts',
    '10 client/cli/f.ts',
    '11 fauxqs/dist/g.js',
  ]);
  assert.ok(imports.length > 200, 'the client is read at all');
});

test('every import follows the arrows of the design', () => {
  assert.deepEqual(brokenArrows(imports), []);
});

test('what breaks an arrow is named with file and line', () => {
  const broken = [
    ['client/protocol/x.ts', "import '../crypto/keys.ts';"],
    ['client/protocol/x.ts', "import 'node:fs';"],
    ['client/crypto/x.ts', "import '../store/home.ts';"],
    ['client/store/x.ts', "import '../drops/drop.ts';"],
    ['client/drops/folder/x.ts', "import '@aws-sdk/client-s3';"],
    ['client/messenger/x.ts', "import '../cloud/index.ts';"],
    ['client/messenger/x.ts', "import '@azure/storage-queue';"],
    ['client/drops/folder/x.ts', "import { Client } from 'ssh2';"],
    ['client/drops/sftp/x.ts', "import { SocksClient } from 'socks';"],
    ['client/messenger/x.ts', "import '../cli/output.ts';"],
    ['client/cli/x.ts', "import '../store/home.ts';"],
    ['client/cli/x.ts', "import 'fauxqs';"],
    ['client/drops/aws/x.ts', "import '../../../lambdas/expire-drops/handler.ts';"],
    ['client/messenger/x.ts', "import '../../lambdas/expire-drops/expire.ts';"],
    ['lambdas/expire-drops/x.ts', "import '../../client/drops/aws/keys.ts';"],
    ['lambdas/expire-drops/x.ts', "import 'fauxqs';"],
    ['client/unknown/x.ts', "import '../errors.ts';"],
  ] as const;
  for (const [file, source] of broken) {
    const [finding] = brokenArrows(importsOf(file, `\n${source}`));
    assert.ok(finding?.startsWith(`${file}:2 imports `), `${file} ${source}`);
  }
});

test('no file imports itself by a detour', () => {
  assert.deepEqual(circle(imports), []);
  const made = [
    ...importsOf('client/cli/a.ts', "import './b.ts';"),
    ...importsOf('client/cli/b.ts', "import './a.ts';"),
  ];
  assert.deepEqual(circle(made), [
    'client/cli/a.ts:1 imports client/cli/b.ts',
    'client/cli/b.ts:1 imports client/cli/a.ts',
  ]);
});

test('only main.ts ends the process', () => {
  assert.deepEqual(exits(sources), []);
  assert.deepEqual(exits(new Map([['client/cli/x.ts', '\nprocess.exit(1);']])), ['client/cli/x.ts:2']);
});
