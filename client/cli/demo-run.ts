/** `btr demo`: two people, an embedded cloud, and what it sees beside what they see. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EmbeddedCloud, startCloud } from '../cloud/index.ts';
import { Messenger, openDrop } from '../messenger/index.ts';
import { size } from '../ui/format.ts';
import type { Running } from './command.ts';
import { randomFile } from './demo-file.ts';
import { Person, type Stage } from './demo-person.ts';

const parcelBytes = 64 * 1024 * 1024;

export async function demo(running: Running, interactive: boolean): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'btr-demo-'));
  const cloud = await startCloud();
  const before = Object.keys(cloud.env).map((name) => [name, process.env[name]] as const);
  // The real AWS path runs here, and finds its credentials where it always does.
  Object.assign(process.env, cloud.env);
  const messengers: Messenger[] = [];
  try {
    const stage = makeStage(running, cloud, folder);
    const alice = await makePerson(stage, messengers, 'alice', 'bob');
    const bob = await makePerson(stage, messengers, 'bob', 'alice');
    // Bob's channel comes with the invite.
    const drop = { ...stage.channel.address };
    await alice.messenger.addChannel({ name: 'bob', role: 'a', suite: 'signal', drop });
    await tellStory(stage, alice, bob);
    if (interactive) {
      const { demoChat } = await import('./demo-chat.ts');
      await demoChat(running, alice, bob);
    }
  } finally {
    for (const messenger of messengers) await messenger.close();
    await cloud.close();
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
    await rm(folder, { recursive: true, force: true });
  }
}

function makeStage(running: Running, cloud: EmbeddedCloud, folder: string): Stage {
  return { running, cloud, folder, channel: cloud.makeChannel({ a: 'alice', b: 'bob' }) };
}

async function makePerson(stage: Stage, messengers: Messenger[], name: string, buddy: string): Promise<Person> {
  const messenger = await Messenger.create({ home: join(stage.folder, name), name });
  messengers.push(messenger);
  return new Person(stage, messenger, name, buddy);
}

async function tellStory(stage: Stage, alice: Person, bob: Person): Promise<void> {
  const { output, terminal } = stage.running;
  const head = (text: string) => {
    terminal.signal.throwIfAborted();
    output.line(`\n${output.style('bold', text)}`);
  };
  output.line(
    `An embedded cloud runs at ${stage.cloud.endpoint}: two FIFO queues and a bucket, as cdk deploy makes them.`,
  );
  output.line('Alice and bob have a home each. They pair by an invite, and a PIN that is told by voice.');

  head('1. A wrong PIN burns the invite: nobody has a second guess');
  await alice.says('Good morning, bob ☀️\nThe keys are under the third flower pot.');
  const burned = await alice.invites();
  await bob.joins(burned.invite, misheard(burned.pin));
  await alice.listens();
  await bob.listens();

  head('2. A new invite and the right PIN: both are sure of each other, and nothing was lost');
  const { invite, pin } = await alice.invites();
  await bob.joins(invite, pin);
  await alice.listens();
  await bob.listens();
  const isSame = (await alice.safetyNumber()) === (await bob.safetyNumber());
  if (!isSame) throw new Error('the safety numbers differ');
  await bob.says('Found them 🔑 — grüße an alle, 你好');
  await alice.listens();
  await bob.listens();

  head(`3. A file of ${size(parcelBytes)}`);
  await passFile(stage, alice, bob);

  head('4. The two swap roles, as for a test, and go on');
  alice.swaps();
  bob.swaps();
  await alice.says('Now I send on the other queue.');
  await bob.listens();
  await bob.says('And I on yours.');
  await alice.listens();

  head('5. Somebody in the cloud alters a body');
  await alterBody(stage, alice, bob);

  head('What the cloud was asked');
  const calls = Object.entries(stage.cloud.calls()).sort(([, one], [, other]) => other - one);
  output.line(`  ${calls.map(([name, count]) => `${name} ${count}`).join(', ')}`);
  output.line('\nNothing of this left your machine, and nothing of it is kept.');
  output.line('Next: btr cloud for two terminals of your own, or the README for AWS and shared folders.');
}

/** The PIN with another last digit. */
function misheard(pin: string): string {
  return `${pin.slice(0, -1)}${(Number(pin.at(-1)) + 1) % 10}`;
}

async function passFile(stage: Stage, alice: Person, bob: Person): Promise<void> {
  const { path, hash } = await randomFile(join(stage.folder, 'holiday.mov'), parcelBytes);
  await alice.sendsFile(path);
  const saved = await bob.fetches(join(stage.folder, 'inbox'));
  const { hashFile } = await import('./demo-file.ts');
  const same = (await hashFile(saved)).equals(hash);
  stage.running.output.line(
    `  the same bytes on both sides: ${same ? 'yes' : 'NO'} (SHA-256 ${hash.toString('hex').slice(0, 16)}…)`,
  );
  if (!same) throw new Error('the file that arrived is not the file that was sent');
}

/** One who owns the cloud puts an altered copy of a body before the real one. */
async function alterBody(stage: Stage, alice: Person, bob: Person): Promise<void> {
  const { output } = stage.running;
  const { role } = alice.messenger.channel('bob');
  const drop = await openDrop({ ...stage.channel.address }, { role, style: 'btr' });
  try {
    await alice.says('Meet me at eight.');
    const body = stage.cloud.peek(alice.queue).at(-1) ?? '';
    const altered = `${body.slice(0, 200)}${body[200] === 'A' ? 'B' : 'A'}${body.slice(201)}`;
    await drop.leave([{ to: 'all', body: altered }]);
    output.line('  the cloud       leaves a copy of that body with one character changed');
  } finally {
    await drop.close();
  }
  await alice.says('Bring the map.');
  await bob.listens();
}
