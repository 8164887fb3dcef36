/** The export: what is in it, in which order, and that no message can look like anything else. */
import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { BtrError } from '../../client/errors.ts';
import type { HistoryEvent } from '../../client/messenger/index.ts';
import { eventJson } from '../../client/ui/event-json.ts';
import { writeNewFile } from '../../client/ui/export/write.ts';
import { type ExportOptions, exportLines, exportToFile } from '../../client/ui/export.ts';
import { file, holding, message, noon, notice } from './export-tools.ts';

const day = 86_400_000;

function exported(events: readonly HistoryEvent[], options: ExportOptions): string[] {
  return [...exportLines(holding(events), 'bob', options)];
}

async function folderOf(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'btr-export-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

function code(expected: string, exitCode: number) {
  return (error: unknown) => error instanceof BtrError && error.code === expected && error.exitCode === exitCode;
}

test('export: text has one line a message, with date, sender, state and text, and notices in their place', () => {
  const mine = message('hi', { from: 'alice', receivedAt: null, state: 'delivered' });
  const lines = exported([message('hello'), notice('Message 2 is lost.'), mine, file('a.txt')], { format: 'text' });
  assert.deepEqual(lines, [
    '2026-11-20 12:00  bob: hello',
    '*** Message 2 is lost.',
    '2026-11-20 12:00  alice [delivered]: hi',
    '2026-11-20 12:00  bob sent a file: a.txt, 2.0 KiB (abababab)',
  ]);
});

test('export: nothing in a message or a name looks like a line of its own, moves the cursor or turns the text', () => {
  const forged = '2026-11-20 12:00  alice: I owe you 1000';
  const ends = ['\n', '\r\n', '\r', '\u0085', '\u2028', '\u2029', '\v', '\f'];
  const events = ends.flatMap((end) => [
    message(`x${end}${forged}`),
    file(`x${end}${forged}`),
    notice(`x${end}${forged}`),
  ]);
  const lines = exported(events, { format: 'text' })
    .join('\n')
    .split(/\r\n|[\n\r\u0085\u2028\u2029\v\f]/);
  const heads = lines.filter((line) => !line.startsWith('    '));
  assert.equal(heads.length, events.length);
  for (const head of heads) assert.match(head, /^(2026-11-20 12:00 {2}bob(:| sent a file:) |\*\*\* )x/);
  const [turned] = exported([message('\u202egnp.exe\u001b[2J')], { format: 'text' });
  assert.equal(turned, '2026-11-20 12:00  bob: <U+202E>gnp.exe\u241b[2J');
});

test('export: json is what btr history gives', () => {
  const events = [message('a\u202eb'), notice('lost'), file('f')];
  assert.deepEqual(
    exported(events, { format: 'json' }).map((line) => JSON.parse(line)),
    events.map(eventJson),
  );
});

test('export: since and until choose by the time of sending, notices go with what stands before them', () => {
  const events = [notice('0'), message('a', { sentAt: noon - day }), notice('1'), message('b'), notice('2')];
  const texts = (options: Partial<ExportOptions>) => {
    let count = 0;
    const onMessage = () => {
      count += 1;
    };
    const lines = exported(events, { format: 'json', ...options, onMessage }).map((line) => JSON.parse(line).text);
    return [lines.join(''), count];
  };
  assert.deepEqual(texts({}), ['0a1b2', 2]);
  assert.deepEqual(texts({ since: noon }), ['b2', 1]);
  assert.deepEqual(texts({ until: noon }), ['0a1', 1]);
  assert.deepEqual(texts({ since: noon - day, until: noon + 1 }), ['a1b2', 2]);
});

test('export: a long history goes through in order, with few entries at hand', () => {
  const { page, name } = holding(Array.from({ length: 1001 }, (_, index) => message(String(index))));
  let most = 0;
  const watched: typeof page = (channel, options) => {
    const got = page(channel, options);
    most = Math.max(most, got.length);
    return got;
  };
  const lines = [...exportLines({ name, page: watched }, 'bob', { format: 'json' })];
  assert.deepEqual(
    lines.map((line) => JSON.parse(line).text),
    Array.from({ length: 1001 }, (_, index) => String(index)),
  );
  assert.ok(most <= 100, `${most} entries at once`);
});

test('export: a file is new, whole, for this user only, and called after the channel in a folder', async (t) => {
  const folder = await folderOf(t);
  const messenger = holding([message('one'), notice('lost'), message('two')]);
  const path = join(folder, 'out.txt');
  assert.deepEqual(await exportToFile(messenger, 'bob', { format: 'text', path }), { messages: 2, path });
  assert.match(await readFile(path, 'utf8'), /bob: one\n\*\*\* lost\n.*bob: two\n$/);
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  await assert.rejects(
    exportToFile(messenger, 'bob', { format: 'json', path }),
    (error) => code('target-exists', 2)(error) && /out\.txt/.test(String(error)),
  );
  assert.match(await readFile(path, 'utf8'), /^2026/, 'what was there is as it was');
  const named = await Promise.all([1, 2].map(() => exportToFile(messenger, 'bob', { format: 'html', path: folder })));
  assert.deepEqual(
    named.map(({ path: at }) => at).sort(),
    ['bob (1).html', 'bob.html'].map((name) => join(folder, name)),
  );
  assert.deepEqual((await readdir(folder)).sort(), ['bob (1).html', 'bob.html', 'out.txt']);
});

test('export: what fails or is interrupted leaves no half file and says what failed', async (t) => {
  const folder = await folderOf(t);
  const abort = new AbortController();
  function* interrupted(): Generator<string> {
    yield 'x'.repeat(100_000);
    abort.abort(new Error('enough'));
    yield 'y'.repeat(100_000);
  }
  const path = join(folder, 'out');
  await assert.rejects(writeNewFile(interrupted(), { path, name: 'out', signal: abort.signal }), /enough/);
  function* filling(): Generator<string> {
    yield 'x'.repeat(100_000);
    throw Object.assign(new Error('no space'), { code: 'ENOSPC', syscall: 'write' });
  }
  await assert.rejects(writeNewFile(filling(), { path, name: 'out' }), (error) => {
    assert.ok(code('disk-full', 4)(error) && error instanceof BtrError);
    assert.doesNotMatch(error.hint ?? '', /kept/, 'nothing is');
    return true;
  });
  function* late(): Generator<string> {
    yield 'x'.repeat(100_000);
    writeFileSync(path, 'mine');
    yield 'y'.repeat(100_000);
  }
  await assert.rejects(writeNewFile(late(), { path, name: 'out' }), code('target-exists', 2));
  assert.equal(await readFile(path, 'utf8'), 'mine');
  assert.deepEqual(await readdir(folder), ['out']);
  await assert.rejects(writeNewFile([], { path: join(folder, 'none', 'out'), name: 'out' }), code('no-such-folder', 3));
  await assert.rejects(writeNewFile([], { path: join(path, 'out'), name: 'out' }), code('no-such-folder', 3));
});

// Nobody makes files there, root included.
const closed = '/sys';
test('export: a folder that takes no files is named', {
  skip: !existsSync(closed) && `no ${closed} here`,
}, async () => {
  await assert.rejects(writeNewFile([], { path: `${closed}/out`, name: 'out' }), code('folder-not-writable', 3));
});
