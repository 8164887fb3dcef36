/** `btr join`. */
import { readFile } from 'node:fs/promises';
import { errorCode, SetupError, UsageError } from '../errors.ts';
import type { Messenger } from '../messenger/index.ts';
import { pairingFields } from '../ui/pairing-words.ts';
import { pinSource, type Running, withMessenger } from './command.ts';
import { consent } from './confirm.ts';
import type { JoinOptions } from './join.ts';
import { readWhole } from './lines.ts';
import { readSecret } from './secrets.ts';

/** How long to wait for the other half of the invite, in milliseconds; it lies in the drop as a rule. */
const patience = 20_000;

type Pairings = Awaited<ReturnType<Messenger['pairings']>>;
type ReadInvite = Awaited<ReturnType<Pairings['read']>>;

export function join(running: Running, given: string | undefined, options: JoinOptions): Promise<void> {
  return withMessenger(running, async (messenger) => {
    const pairings = await messenger.pairings();
    const read = await placed(await pairings.read(await readInvite(running, given)), options);
    const name = pairings.assertJoinable(read, options);
    await consent(running, options.yes, read.consent);
    const settled = await settle(read);
    const pin = await readSecret(running.terminal, pinSource(options.pinFile), `PIN that ${name} told you: `);
    await pairings.join(settled, pin, options);
    await answerInvite(running, messenger, pairings, name);
  });
}

/** The text of an invite: typed or pasted, on stdin, in a file, or the argument itself. */
async function readInvite({ terminal }: Running, given: string | undefined): Promise<string> {
  if (given === undefined) {
    const source = { what: 'invite', file: undefined, option: 'a file (btr join FILE), or - for stdin' };
    return readSecret(terminal, source, 'Paste the invite: ');
  }
  if (given === '-') return readWhole(terminal.stdin, terminal.signal);
  if (given.trimStart().startsWith('btr1-')) return given;
  try {
    return await readFile(given, 'utf8');
  } catch (cause) {
    const isMissing = errorCode(cause) === 'ENOENT';
    throw new SetupError(isMissing ? `There is no file ${given}.` : `The file ${given} can't be read.`, {
      code: 'no-invite',
      hint: 'An invite is a text that begins with btr1-, or a file that holds it.',
      cause,
    });
  }
}

/** The invite with the drop where this home's user says it is. A folder must still be the one that the invite means. */
async function placed(read: ReadInvite, { drop: uri }: JoinOptions): Promise<ReadInvite> {
  if (uri === undefined) return read;
  const { parseDropUri } = await import('../messenger/index.ts');
  const drop = await parseDropUri(uri, roleOf(read));
  if (drop.kind !== read.drop.kind) {
    throw new UsageError(
      `The invite is for a drop of kind ${read.drop.kind}, and --drop names one of kind ${drop.kind}.`,
      {
        code: 'other-drop',
        hint: 'Give the place where the same drop is found from here, or leave --drop out.',
      },
    );
  }
  return { ...read, drop: { ...read.drop, ...drop }, consent: [] };
}

/** Before the PIN is asked for: a drop that can't be used now would only be found out of later. */
async function settle(read: ReadInvite): Promise<ReadInvite> {
  const { settleDrop } = await import('../messenger/index.ts');
  return { ...read, drop: await settleDrop(read.drop, roleOf(read)) };
}

function roleOf({ invite }: ReadInvite): 'a' | 'b' {
  return invite.role === 'a' ? 'b' : 'a';
}

/** Takes the other half of the invite out of the drop and replies to it. What else comes is left for btr listen. */
async function answerInvite(running: Running, messenger: Messenger, pairings: Pairings, name: string): Promise<void> {
  const { output, terminal } = running;
  try {
    const timeout = AbortSignal.timeout(patience);
    const signal = AbortSignal.any([timeout, terminal.signal]);
    if (pairings.isWaiting(name)) {
      for await (const event of messenger.listen(name, { wait: true, signal, statusOnly: true })) {
        output.channelEvent(event);
        if (!pairings.isWaiting(name)) break;
      }
    }
    terminal.signal.throwIfAborted();
    await messenger.deliver(name, { signal: terminal.signal, onNotice: ({ event }) => output.channelEvent(event) });
  } catch (error) {
    output.note(`The join is kept: btr listen ${name} goes on with it.`);
    throw error;
  }
  tellOutcome(running, messenger, name);
}

function tellOutcome({ output }: Running, messenger: Messenger, channel: string): void {
  const pairing = messenger.pairing(channel);
  if (!pairing) return;
  output.event({ event: 'joined', channel, pairing: pairingFields(pairing) });
  if (pairing.state !== 'waiting') {
    output.note(`Next: btr chat ${channel}, or btr send ${channel} TEXT and btr listen ${channel}`);
    return;
  }
  output.warn(
    'still-waiting',
    `The other half of the invite is not in the drop yet, so ${channel} knows nothing of you.`,
  );
  output.note(`The join is kept: btr listen ${channel} goes on with it, now or another day.`);
  output.note('If it never comes, somebody else may have taken it: ask for a new invite.');
}
