/** `btr deploy`: everything is looked at first, said, and asked for; then the CDK makes it, then the home learns of it. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { isBuddyName, maxBuddyNameLength } from '../drops/aws/outputs.ts';
import { BtrError, UsageError } from '../errors.ts';
import type { Messenger, Role } from '../messenger/index.ts';
import type { Owner } from '../messenger/stack-owner.ts';
import { type Assembly, cdk, findClone, synthesize } from './cdk.ts';
import { addForInvite } from './channel-add.ts';
import { moveChannel } from './channel-move.ts';
import { type Running, withMessenger } from './command.ts';
import { confirm } from './confirm.ts';
import type { DeployOptions } from './deploy.ts';
import { showPlan } from './deploy-plan.ts';
import { takeOwnKey } from './rotate-key.ts';

type People = Readonly<Record<Role, string>>;

export function deploy(running: Running, people: People, options: DeployOptions): Promise<void> {
  for (const name of Object.values(people)) checkName(name);
  if (options.region !== undefined) checkRegion(options.region);
  const clone = findClone();
  // The home comes first: without one there would be nothing to add the channel to.
  return withMessenger(running, async (messenger) => {
    const { describeOwner } = await import('../messenger/stack-owner.ts');
    const owner = await describeOwner({ region: options.region, signal: running.terminal.signal });
    const folder = await mkdtemp(join(tmpdir(), 'btr-deploy-'));
    try {
      const assembly = await synthesize(running, clone, folder, settingsOf(people, options));
      await deployAssembly(running, messenger, { clone, people, options, owner, assembly });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
}

interface Deployment {
  readonly clone: string;
  readonly people: People;
  readonly options: DeployOptions;
  readonly owner: Owner;
  readonly assembly: Assembly;
}

async function deployAssembly(running: Running, messenger: Messenger, deployment: Deployment): Promise<void> {
  const { clone, people, options, owner, assembly } = deployment;
  const { output, terminal } = running;
  const { assertDeployable, assertIdle, describeStack } = await import('../messenger/stack-owner.ts');
  const existing = await findChannel(messenger, deployment);
  const place = { region: owner.region, signal: terminal.signal };
  const toolkit = await describeStack(bootstrapStack, place);
  if (toolkit) assertIdle(toolkit);
  const isThere = assertDeployable(await describeStack(assembly.stack, place), people);
  await showPlan(running, { owner, assembly, isThere, bootstraps: toolkit === undefined });
  // What was synthesized and shown, and nothing newer.
  const app = ['--app', assembly.folder];
  const cdkOptions = { clone, region: owner.region };
  // An option that was given then and not now changes the stack as well.
  if (isThere) await cdk(running, cdkOptions, ['diff', assembly.stack, ...app, '--method', 'template']);
  await confirm(running, options.yes, isThere ? 'Bring it up to date?' : 'Make it?');
  if (toolkit === undefined) {
    output.note(`First the CDK's own stack, ${bootstrapStack}`);
    await cdk(running, cdkOptions, ['bootstrap', `aws://${owner.account}/${owner.region}`, ...app]);
  }
  const outputs = resolve(`${assembly.stack}-outputs.json`);
  // Without the CDK's own question: ours was answered.
  const how = ['--outputs-file', outputs, '--require-approval', 'never'];
  await cdk(running, cdkOptions, ['deploy', assembly.stack, ...app, ...how]);
  output.event({ event: 'deployed', stack: assembly.stack, outputs });
  output.note(`Deployed. What a client needs to know of it, and no secret, is in ${outputs}`);
  const channel = existing ?? options.name ?? people.b;
  const isNew = await follow(running, messenger, channel, { as: people.a, outputs });
  if (isNew) await takeKey(running, messenger, channel);
  tellNext(running, messenger, channel, isNew, options.principal === undefined);
}

/** Brings the channel over the stack; answers whether it was not before, be it that the stack was destroyed meanwhile. */
async function follow(
  running: Running,
  messenger: Messenger,
  channel: string,
  place: { readonly as: string; readonly outputs: string },
): Promise<boolean> {
  const { isNewerStack } = await import('../messenger/stack-owner.ts');
  if (!messenger.channels().some(({ name }) => name === channel)) {
    await addForInvite(running, messenger, channel, place);
    return true;
  }
  if (!isNewerStack(messenger.channel(channel), await readFile(place.outputs, 'utf8'))) return false;
  // What the old one held is gone.
  await moveChannel(running, messenger, channel, { ...place, force: true });
  return true;
}

/** With a key of its own the home needs the owner's rights no more; without one all works by those. */
async function takeKey(running: Running, messenger: Messenger, channel: string): Promise<void> {
  try {
    await takeOwnKey(running, messenger, channel);
  } catch (error) {
    if (!(error instanceof BtrError) || running.terminal.signal.aborted) throw error;
    const later = `This home goes on with the AWS profile that is set; later: btr channel rotate-key ${channel} --own`;
    running.output.warn('no-own-key', `${error.message} ${later}`);
  }
}

/** Once for an account and region: what the CDK itself needs there. */
const bootstrapStack = 'CDKToolkit';

/** The channel that goes over these queues already. @throws SetupError where it can't be, or a new one's name is taken. */
async function findChannel(messenger: Messenger, { people, options, owner, assembly }: Deployment) {
  const { assertSamePlace, channelOver } = await import('../messenger/stack-owner.ts');
  const existing = channelOver(messenger, assembly.queues);
  if (existing) assertSamePlace(existing, owner);
  else messenger.assertNewChannel(options.name ?? people.b, 'signal');
  return existing?.name;
}

function tellNext({ output }: Running, messenger: Messenger, channel: string, isNew: boolean, hasUser: boolean): void {
  const isPaired = messenger.pairing(channel)?.paired ?? false;
  const invite = `Next: btr invite ${channel}${hasUser ? ' --with-key' : ''}${isPaired ? ' --replace' : ''}`;
  output.note(isPaired && !isNew ? `Channel ${channel} goes on as it was.` : invite);
}

/** As `-c key=value` of the CDK app. */
function settingsOf({ a, b }: People, options: DeployOptions): Record<string, string> {
  const { principal, prefix, alarmEmail, expiry, alarms } = options;
  return {
    buddies: `${a},${b}`,
    ...(principal === undefined ? {} : { [b]: principal }),
    ...(prefix === undefined ? {} : { prefix }),
    ...(alarmEmail === undefined ? {} : { alarmEmail }),
    ...(expiry === 'off' ? { expiry } : {}),
    ...(alarms === 'off' ? { alarms } : {}),
  };
}

/** The first of the CDK app's rules; the others are told by the app itself. */
function checkName(name: string): void {
  if (isBuddyName(name)) return;
  throw new UsageError(`The name ${JSON.stringify(name)} can't be used in the cloud.`, {
    code: 'bad-buddies',
    hint: `A buddy's name there is 1 to ${maxBuddyNameLength} letters (A to Z), digits and single hyphens inside it.`,
  });
}

function checkRegion(region: string): void {
  if (/^[a-z]{2,}(-[a-z0-9]+)+$/.test(region)) return;
  throw new UsageError(`${JSON.stringify(region)} is no region of AWS.`, {
    code: 'bad-region',
    hint: 'For example: --region eu-central-1',
  });
}
