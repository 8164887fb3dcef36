/** The chat's commands, on a real home. */
import assert from 'node:assert/strict';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import type { Messenger } from '../../client/messenger/index.ts';
import {
  type ChatHost,
  chatCommands,
  completeCommand,
  isCommand,
  runCommand,
  textOf,
} from '../../client/ui/commands.ts';
import { type Pair, Stage } from '../tools/stage.ts';

let stage: Stage;
let pair: Pair;
before(async () => {
  stage = await Stage.make();
  pair = await stage.folderPair();
  await mkdir(stage.path('a folder', 'inner'), { recursive: true });
  await writeFile(stage.path('a folder', 'note one.txt'), 'x');
  await writeFile(stage.path('a folder', '.hidden'), 'x');
});
after(() => stage[Symbol.asyncDispose]());

/** With the stage's folder as the home folder. */
async function atHome(work: () => Promise<void>): Promise<void> {
  const { HOME } = process.env;
  process.env.HOME = stage.folder;
  try {
    await work();
  } finally {
    process.env.HOME = HOME;
  }
}

interface Played {
  readonly host: ChatHost;
  readonly said: string[];
  readonly did: string[];
}

function play(messenger: Messenger, more: Partial<ChatHost> = {}): Played {
  const [said, did]: [string[], string[]] = [[], []];
  const host: ChatHost = {
    messenger,
    channel: 'bob',
    signal: new AbortController().signal,
    say: (text) => void said.push(text),
    deliver: () => void did.push('deliver'),
    swap: async () => void did.push('swap'),
    setDebug: (debug) => void did.push(`debug ${debug}`),
    sendFile: async (path) => void did.push(`send ${path}`),
    getFile: async (id, out) => void did.push(`get ${id} to ${out}`),
    ...more,
  };
  return { host, said, did };
}

function within(work: (played: Played, messenger: Messenger) => Promise<void>): Promise<void> {
  return pair.alice.within((messenger) => work(play(messenger), messenger));
}

test('a slash begins a command, two a text with one', () => {
  assert.ok(isCommand('/help'));
  assert.ok(!isCommand('//help') && !isCommand('help /now'));
  assert.equal(textOf('//help'), '/help');
  assert.equal(textOf('///'), '//');
});

test('/help lists every command that this chat has', () =>
  within(async ({ host, said }, messenger) => {
    await runCommand(host, '/HELP');
    const listed = said.map((line) => line.split(/\s/)[0]);
    assert.deepEqual(listed, [
      ...chatCommands.map(({ name }) => `/${name}`).filter((name) => name !== '/switch'),
      '//text',
    ]);
    const wide = play(messenger, { switchTo: () => {} });
    await runCommand(wide.host, '/help');
    assert.ok(wide.said.some((line) => line.startsWith('/switch CHANNEL')));
  }));

test('what is missing or unknown is said with the next step', () =>
  within(async ({ host, said, did }) => {
    const lines: Record<string, RegExp> = {
      '/dance': /no command \/dance\. \/help lists them/,
      '/': /no command \/\. \/help/,
      '/\u001b[2J': /no command \/␛\[2J/,
      '/file': /which file\?/,
      '/get': /which file\? \/files lists them/,
      '/verify perhaps': /\/verify yes or \/verify no/,
      '/timer soon': /not a duration\. Write a number and a unit/,
      '/drop dance': /\/drop use first, all, random or meet/,
      '/drop use sometimes': /\/drop use first/,
      '/export pdf': /no format pdf\. Say text, json, html/,
      '/switch bob': /no command \/switch/,
    };
    for (const [line, expected] of Object.entries(lines)) {
      said.length = 0;
      assert.equal(await runCommand(host, line), undefined);
      assert.match(said.join('\n'), expected, line);
    }
    assert.deepEqual(did, []);
  }));

test('commands reach the chat with what stood behind them', () =>
  within(async ({ host, did }) => {
    for (const line of ['/file  a b.txt ', '/get 3fa2', '/get 3fa2 over there', '/swap', '/debug', '/nodebug']) {
      await runCommand(host, line);
    }
    const expected = ['send a b.txt', 'get 3fa2 to ./', 'get 3fa2 to over there', 'swap', 'debug true', 'debug false'];
    assert.deepEqual(did, expected);
    assert.equal(await runCommand(host, '/quit'), 'quit');
    assert.equal(await runCommand(host, '/exit'), 'quit');
  }));

test('/who, /timer, /drop, /check and /export tell of the channel and change it', () =>
  within(async ({ host, said }, messenger) => {
    await messenger.queue('bob', ['a text']);
    const expected: readonly (readonly [string, RegExp])[] = [
      ['/who', /You are alice, role a.*Suite fernet.*\nOver folder .*\n1 queued/],
      ['/timer', /Your timer: off\. bob's timer: off/],
      ['/timer 1h', /Your timer: 1 hour/],
      ['/drop', /^[0-9a-f]{8} {2}1\. .*folder .*\(well\)$/],
      ['/drop use all', /policy all: everything by every drop/],
      ['/drop test', /folder .*\n(ok {3}.*\n?)+$/],
      ['/check', /^ok {3}/],
      [`/export ${stage.path('talk.html')}`, /1 message is in .*talk\.html/],
      [`/export ${stage.path('talk.html')}`, /talk\.html/],
      ['/files', /No files yet/],
    ];
    for (const [line, pattern] of expected) {
      said.length = 0;
      await runCommand(host, line);
      assert.match(said.join('\n'), pattern, line);
    }
    assert.match(await readFile(stage.path('talk.html'), 'utf8'), /<html/);
    assert.equal(messenger.channel('bob').retention.timer, 3_600_000);
    assert.equal(messenger.dropPolicy('bob'), 'all');
  }));

test('names, arguments and paths are completed', () =>
  within(async (_, messenger) => {
    const { host } = play(messenger, { switchTo: () => {} });
    const folder = stage.path('a folder');
    const id = (await messenger.drops('bob'))[0]?.id.slice(0, 8) ?? '';
    const cases: readonly (readonly [string, readonly string[], number])[] = [
      ['/f', ['/file', '/files'], 0],
      ['/who', ['/who'], 0],
      ['/verify y', ['yes'], 8],
      ['/switch ', ['bob'], 8],
      ['/drop use r', ['random'], 10],
      [`/drop test ${id.slice(0, 3)}`, [id], 11],
      ['/export h', ['html'], 8],
      [`/file ${folder}/n`, [`${folder}/note one.txt`], 6],
      [`/file ${folder}/note o`, [`${folder}/note one.txt`], 6],
      [`/file ${folder}/`, [`${folder}/inner/`, `${folder}/note one.txt`], 6],
      [`/file ${folder}/.h`, [`${folder}/.hidden`], 6],
      ['/file /nowhere/at/all/', [], 22],
      ['/dance x', [], 8],
    ];
    for (const [line, words, from] of cases) {
      assert.deepEqual(await completeCommand(host, line), { words, from }, line);
    }
  }));

test('~ is the home folder, in what is completed and in what is done', () =>
  within(({ host, said, did }) =>
    atHome(async () => {
      const { words } = await completeCommand(host, '/file ~/a fol');
      assert.deepEqual(words, ['~/a folder/']);
      await runCommand(host, '/file ~/a folder/note one.txt');
      await runCommand(host, '/get 3fa2 ~/a folder/');
      await runCommand(host, '/export text ~/at home.txt');
      assert.deepEqual(did, [
        `send ${stage.path('a folder', 'note one.txt')}`,
        `get 3fa2 to ${stage.path('a folder')}/`,
      ]);
      assert.ok(
        said.some((line) => line.endsWith(stage.path('at home.txt'))),
        said.join('\n'),
      );
    }),
  ));

test('what can not be read has nothing to complete', () =>
  within(async ({ host }) => {
    await symlink('loop', stage.path('loop'));
    for (const path of ['loop/', 'a folder/note one.txt/', `${'x'.repeat(300)}/`]) {
      const { words } = await completeCommand(host, `/file ${stage.path(path)}`);
      assert.deepEqual(words, [], path);
    }
  }));
