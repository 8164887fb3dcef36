/** `btr verify`. */
import { UsageError } from '../errors.ts';
import type { Messenger } from '../messenger/index.ts';
import { rfc3339 } from '../ui/event-json.ts';
import { day } from '../ui/format.ts';
import { numberLines } from '../ui/safety-number.ts';
import { chooseChannel, type Running, withMessenger } from './command.ts';
import { asksYes } from './confirm.ts';
import type { VerifyOptions } from './verify.ts';

type Pairings = Awaited<ReturnType<Messenger['pairings']>>;
type Verification = Awaited<ReturnType<Pairings['verification']>>;

export function verify(running: Running, given: string | undefined, options: VerifyOptions): Promise<void> {
  const { yes, unverify, keep } = options;
  if ([yes, unverify, keep].filter(Boolean).length > 1) {
    throw new UsageError('One of --yes, --unverify and --keep at a time.', { code: 'which-verify' });
  }
  return withMessenger(running, async (messenger) => {
    const channel = chooseChannel(messenger, given);
    const pairings = await messenger.pairings();
    if (keep) pairings.keepIdentity(channel);
    if (unverify) pairings.unmarkVerified(channel);
    if (yes) await pairings.markVerified(channel, (await pairings.verification(channel)).digits);
    const verification = await pairings.verification(channel);
    show(running, channel, verification);
    await showQr(running, verification, options);
    await settle(running, pairings, channel, verification, options);
  });
}

function show({ output }: Running, channel: string, verification: Verification): void {
  const { digits, words, verifiedAt, changed } = verification;
  const verified = verifiedAt !== undefined;
  const event = { event: 'verification', channel, digits, words, verified, verifiedAt: rfc3339(verifiedAt), changed };
  output.event(event);
  if (output.json) return;
  for (const line of numberLines(verification)) output.line(line);
}

async function showQr(running: Running, { scannable }: Verification, { qr }: VerifyOptions): Promise<void> {
  if (!qr && !running.output.isTerminal) return;
  const { drawQr } = await import('./qr.ts');
  const problem = drawQr(running, scannable);
  if (problem !== undefined && qr) running.output.note(problem);
}

async function settle(
  running: Running,
  pairings: Pairings,
  channel: string,
  { digits, verifiedAt, changed }: Verification,
  { yes, unverify, keep }: VerifyOptions,
): Promise<void> {
  const { output, terminal } = running;
  if (changed) return tellChanged(running, channel);
  if (keep)
    return output.note(
      `Going on with the ${channel} you paired with. What waited goes out with the next btr send or btr listen.`,
    );
  if (unverify) return output.note(`${channel} does not count as verified any more.`);
  if (yes) return output.note(`Remembered: ${channel} is verified.`);
  if (verifiedAt !== undefined) return output.note(`You compared it on ${day(verifiedAt)}.`);
  output.note(`Compare digits or words with ${channel}, by voice or side by side: not through this channel.`);
  if (!terminal.stdin.isTTY || output.json) return output.note(`Where they match: btr verify ${channel} --yes`);
  if (await asksYes(running, 'Do they match?')) {
    await pairings.markVerified(channel, digits);
    return output.note(`Remembered: ${channel} is verified.`);
  }
  output.note(
    `Not verified. Where they differ, somebody sits in between: say nothing here, and pair anew: btr invite ${channel} --replace`,
  );
}

function tellChanged({ output }: Running, channel: string): void {
  output.warn(
    'identity-changed',
    `Somebody who is not the ${channel} you paired with wrote in this channel, so nothing is sent.`,
  );
  output.note(`Ask ${channel} by another way. The same person and home as before: btr verify ${channel} --keep`);
  output.note(`They made a new home: btr invite ${channel} --replace, and compare the new number afterwards.`);
}
