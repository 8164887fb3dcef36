/** Invites, joining, and whether the other side is who they should be. */
import {
  DropError,
  isRole,
  type Messenger,
  parseDropUri,
  type Role,
  settleDrop,
  UsageError,
} from '../../messenger/index.ts';
import type { Invite, Verification } from '../api.ts';
import { HttpError } from '../errors.ts';
import type { Exchange, Routes, Web } from '../exchange.ts';
import type { Fields } from '../fields.ts';
import { qrCode } from '../qr.ts';
import { iso } from '../state.ts';

export const pairingRoutes: Routes = {
  'GET channels/:channel/verification': verification,
  'POST channels/:channel/verification': verify,
  'POST invites': invite,
  'DELETE invites/:channel': withdraw,
  'POST join': join,
};

async function verification({ web, channel }: Exchange): Promise<Verification> {
  const pairings = await web.messenger.pairings();
  const { digits, words, scannable, verifiedAt, changed } = await pairings.verification(channel);
  const qr = qrCode(scannable);
  if (!qr) throw new Error('a safety number is too long for a QR code');
  return { digits, words, qr, verified: verifiedAt !== undefined, changed };
}

async function verify(exchange: Exchange): Promise<Verification> {
  const { web, channel } = exchange;
  const fields = await exchange.body();
  const pairings = await web.messenger.pairings();
  if (fields.boolean('verified')) await pairings.markVerified(channel, fields.string('digits'));
  else pairings.unmarkVerified(channel);
  web.conversations.refresh();
  return verification(exchange);
}

async function invite(exchange: Exchange): Promise<Invite> {
  const { web, signal } = exchange;
  const fields = await exchange.body();
  const name = fields.string('channel');
  await ensureChannel(web.messenger, name, fields);
  try {
    const pairings = await web.messenger.pairings();
    const made = await pairings.invite(name, {
      pinForm: fields.boolean('words') ? 'words' : 'digits',
      replace: fields.boolean('replace'),
      signal,
    });
    const qr = qrCode(Buffer.from(made.invite));
    const { channel, invite: text, pin, expiresAt } = made;
    return { channel, invite: text, pin, expiresAt: iso(expiresAt), ...(qr && { qr }) };
  } finally {
    web.conversations.refresh();
  }
}

/** The channel is there, or is made where it was said how. */
async function ensureChannel(messenger: Messenger, name: string, fields: Fields): Promise<void> {
  const drop = fields.optionalString('drop');
  const outputs = fields.optionalString('outputs');
  if (drop === undefined && outputs === undefined) {
    messenger.channel(name);
    return;
  }
  messenger.assertNewChannel(name, 'signal');
  const as = fields.optionalString('as') ?? '';
  const place = await (outputs === undefined ? placeFromUri(drop ?? '', as) : placeFromOutputs(outputs, as));
  await messenger.addChannel({ name, suite: 'signal', ...place, drop: await settleDrop(place.drop, place.role) });
}

async function placeFromUri(uri: string, as: string) {
  if (isRole(as)) return { role: as, drop: await parseDropUri(uri, as) };
  throw new UsageError(`${JSON.stringify(as)} is not a side of this drop.`, {
    code: 'bad-role',
    hint: 'You are a or b; your buddy is the other.',
  });
}

async function placeFromOutputs(outputs: string, as: string) {
  const { placeFromOutputs: place } = await import('../../messenger/stack-place.ts');
  return place(outputs, as);
}

async function withdraw({ web, channel }: Exchange): Promise<object> {
  const pairings = await web.messenger.pairings();
  pairings.withdraw(channel);
  web.conversations.refresh();
  return {};
}

async function join(exchange: Exchange): Promise<{ channel: string }> {
  const { web, signal } = exchange;
  const fields = await exchange.body();
  const name = fields.optionalString('name');
  const pairings = await web.messenger.pairings();
  const read = await pairings.read(fields.string('invite'));
  pairings.assertJoinable(read, { name });
  if (read.consent.length > 0 && !fields.boolean('yes')) {
    throw new HttpError(409, 'This invite leads to a place that wants your yes.', {
      code: 'not-confirmed',
      reasons: read.consent,
    });
  }
  const drop = await settleDrop(read.drop, otherRole(read.invite.role));
  const channel = await pairings.join({ ...read, drop }, fields.string('pin'), { name });
  web.conversations.refresh();
  await answerInvite(web, channel, signal);
  return { channel };
}

/**
 * In a channel that was there before, the other half of the invite may have come before it was joined: then it is kept,
 * and whoever begins to listen looks at it once more. The conversation has begun already.
 */
async function answerInvite(web: Web, channel: string, signal: AbortSignal): Promise<void> {
  try {
    for await (const event of web.messenger.listen(channel, { wait: false, statusOnly: true, signal })) {
      if (event.type === 'notice') web.streams.tell({ type: 'notice', notice: event });
    }
  } catch (error) {
    // The join is kept, and the conversation, which goes on with it, says what is wrong with the drop.
    if (!(error instanceof DropError)) throw error;
  }
  web.conversations.refresh();
}

function otherRole(role: Role): Role {
  return role === 'a' ? 'b' : 'a';
}
