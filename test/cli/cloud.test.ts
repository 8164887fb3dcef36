/** The lines that `btr cloud` prints, followed as they stand by two people. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { btrArguments, commandsIn } from '../docs/shell.ts';
import { expectEnd, type Invited } from '../tools/invited.ts';
import { noTerminal, Screen } from '../tools/screen.ts';
import { Stage } from '../tools/stage.ts';

let stage: Stage;
before(async () => {
  stage = await Stage.make();
});
after(() => stage[Symbol.asyncDispose]());

interface Printed {
  readonly env: Readonly<Record<string, string>>;
  /** Arguments of btr, a list for each of the two. */
  readonly people: readonly (readonly (readonly string[])[])[];
}

function read(text: string): Printed {
  const [common = '', ...parts] = text.split(/^To be .*:$/m);
  const env = Object.fromEntries(
    [...common.matchAll(/^ {2}export (\w+)=(.*)$/gm)].map(([, name, value]) => [name, value]),
  );
  const people = parts.map((part) =>
    part.split('\n').flatMap((line) => commandsIn(line).flatMap((words) => [btrArguments(words) ?? []])),
  );
  return { env, people: people.map((lines) => lines.filter((words) => words.length > 0)) };
}

test('who copies the lines of btr cloud into two terminals talks', { skip: noTerminal }, async () => {
  await using cloud = stage.start(['cloud', '--port', '0']);
  await cloud.untilText(/types the other\.\n/);
  const { env, people } = read(cloud.stdout);
  const [hers = [], his = []] = people;
  assert.deepEqual(
    [hers.map(([name]) => name), his.map(([name]) => name)],
    [
      ['init', 'invite', 'chat'],
      ['init', 'join', 'chat'],
    ],
  );
  const [alice, bob] = [stage.person('alice', env), stage.person('bob', env)];
  await expectEnd(alice.run(hers[0] ?? []), 0, /Next:/);
  await expectEnd(bob.run(his[0] ?? []), 0, /Next:/);
  const { stdout, stderr } = await expectEnd(alice.run(hers[1] ?? []), 0, /^PIN: /m);
  const [, pin = ''] = /^PIN: (.*)$/m.exec(stderr) ?? [];
  const invited: Pick<Invited, 'invite' | 'pin'> = { invite: stdout.trim(), pin };
  await using chat = await Screen.open(alice, hers[2] ?? []);
  await chat.until(/What you write waits/);

  await using joining = await Screen.open(bob, his[1] ?? []);
  await joining.until(/Paste the invite:/);
  await joining.enter(invited.invite);
  await joining.until(/own AWS credentials would be used for it\.\s+Use it\? \[y\/N\]/);
  await joining.enter('y');
  await joining.until(/PIN that alice told you:/);
  await joining.enter(invited.pin);
  await joining.until(/\[exit 0\]/);
  await chat.until(/bob has joined/);
  await using other = await Screen.open(bob, his[2] ?? []);
  await other.until(/Talking with alice/);
  await other.enter('hello alice');
  await chat.until(/bob {2}hello alice/);
  await chat.enter('hello bob');
  await other.until(/alice {2}hello bob/);
});
