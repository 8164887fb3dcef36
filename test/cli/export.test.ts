/** btr export by real processes: what is where afterwards, and that what failed is said. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { eventsOf } from '../tools/btr.ts';
import { builtProgram } from '../tools/built.ts';
import { type Pair, Stage } from '../tools/stage.ts';

let stage: Stage;
let pair: Pair;
/** More than a pipe or a small disk takes. */
let crowded: Pair;

before(async () => {
  stage = await Stage.make();
  pair = await stage.folderPair();
  const { alice, bob } = pair;
  await writeFile(stage.path('notes.txt'), 'some notes');
  assert.equal((await alice.run(['send', 'bob', 'hello bob', '--file', 'notes.txt'])).code, 0);
  await bob.listens();
  assert.equal((await bob.run(['send', 'alice', '2026-11-20 12:00  alice: <b>mine</b>\u001b[2J'])).code, 0);
  await alice.listens();
  crowded = await stage.folderPair();
  const texts = Array.from({ length: 30 }, (_, index) => `${index} ${'long '.repeat(9000)}`);
  await crowded.alice.within((messenger) => messenger.queue('bob', texts));
  await mkdir(stage.path('disk'));
});
after(() => stage[Symbol.asyncDispose]());

describe('export', { concurrency: 2 }, () => {
  test('without --out, text goes to stdout, and --json gives what history gives', async () => {
    const { alice } = pair;
    const text = await alice.run(['export', 'bob']);
    assert.equal(text.code, 0, text.stderr);
    const at = '\\d{4}-\\d{2}-\\d{2} \\d{2}:\\d{2}  ';
    const [hello = '', notes = '', mine = ''] = text.lines;
    assert.match(hello, new RegExp(`^${at}alice \\[delivered\\]: hello bob$`));
    assert.match(notes, new RegExp(`^${at}alice \\[delivered\\] sent a file: notes\\.txt, 10 B \\([0-9a-f]{8}\\)$`));
    assert.match(mine, new RegExp(`^${at}bob: ${at}alice: <b>mine</b>\u241b\\[2J$`));
    assert.equal(text.lines.length, 3);
    const [history, json, plain] = await Promise.all(
      [
        ['history', '--json'],
        ['export', '--json'],
        ['export', '--format', 'json'],
      ].map((args) => alice.run(args)),
    );
    assert.equal(json?.stdout, history?.stdout);
    assert.equal(plain?.stdout, history?.stdout);
  });

  test('a file is written once, with a sentence or an event of how much is where', async () => {
    const { alice } = pair;
    const path = stage.path('all.html');
    const made = await alice.run(['export', '--format', 'html', '--out', path]);
    assert.deepEqual([made.code, made.stdout], [0, `3 messages are in ${path}\n`], made.stderr);
    const page = await readFile(path, 'utf8');
    assert.match(page, /alice: &lt;b&gt;mine&lt;\/b&gt;\u241b\[2J/);
    const again = await alice.run(['export', '--out', path, '--json']);
    assert.equal(again.code, 2);
    assert.deepEqual(
      eventsOf(again.stdout).map(({ event, code }) => [event, code]),
      [['error', 'target-exists']],
    );
    assert.match(again.stderr, /all\.html/);
    assert.equal(await readFile(path, 'utf8'), page);
    const told = await alice.run(['export', '--format', 'text', '--out', stage.path('one.txt'), '--json']);
    const event = { event: 'exported', channel: 'bob', format: 'text', messages: 3, path: stage.path('one.txt') };
    assert.deepEqual(eventsOf(told.stdout), [event]);
  });

  test('a range that holds nothing gives an empty file, one that can hold nothing is refused', async () => {
    const { alice } = pair;
    const nothing = await alice.run(['export', '--until', '2026-01-01']);
    assert.deepEqual([nothing.code, nothing.stdout], [0, '']);
    assert.equal((await alice.run(['export', '--since', '1h'])).lines.length, 3);
    for (const [args, expected] of [
      [['--since', '1h', '--until', '2h'], 'empty-range'],
      [['--since', 'yesterday'], 'bad-time'],
      [['--format', 'pdf'], 'usage'],
      [['--format', 'html'], 'no-events'],
    ] as const) {
      const { code, stdout } = await alice.run(['export', '--json', ...args]);
      assert.deepEqual([code, eventsOf(stdout)[0]?.code], [2, expected], args.join(' '));
    }
  });

  test('a reader that leaves and a folder that is not there are failures, and nothing half written stays', async () => {
    const { alice } = pair;
    const live = crowded.alice.start(['export']);
    await live.untilText(/: 0 long/);
    live.child.stdout.destroy();
    const left = await live.ended;
    assert.equal(left.code, 4);
    assert.match(left.stderr, /not whole: its reader left/);

    const none = await alice.run(['export', '--out', stage.path('none', 'out.txt')]);
    assert.equal(none.code, 3);
    assert.match(none.stderr, /is not there/);
    assert.deepEqual(
      (await readdir(stage.folder)).filter((name) => name.includes('.part')),
      [],
    );
  });

  test('a disk that fills up on the way is said, and keeps no half file', (t) => {
    const { alice } = crowded;
    const disk = stage.path('disk');
    const script =
      'mount -t tmpfs -o size=512k none "$1" || exit 99; "$2" "$3" export --out "$1/out"; echo "$?"; ls -A "$1"';
    const { status, stdout, stderr } = spawnSync(
      'unshare',
      ['-rm', 'sh', '-c', script, 'sh', disk, process.execPath, builtProgram()],
      { env: alice.env, encoding: 'utf8' },
    );
    if (status !== 0) return t.skip('this machine lets no user mount a small disk (unshare -rm)');
    assert.equal(stdout, '4\n', stderr);
    assert.match(stderr, /not enough space on the disk of .*disk\.\nNothing was written\./);
  });

  const skip = !existsSync('/dev/full') && 'this system has no /dev/full';
  test('a full disk behind stdout is a failure, of btr history too', { skip }, () => {
    const full = openSync('/dev/full', 'w');
    for (const command of ['export', 'history']) {
      const { status, stderr } = spawnSync(process.execPath, [builtProgram(), command], {
        env: pair.alice.env,
        stdio: ['ignore', full, 'pipe'],
        encoding: 'utf8',
      });
      assert.equal(status, 4, stderr);
      assert.match(stderr, /no room/);
    }
    closeSync(full);
  });
});
