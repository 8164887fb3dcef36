/** Invites, joining, and whether the other side is who they should be. */
import { isRole, type Messenger, parseDropUri, type Role, settleDrop, UsageError } from '../../messenger/index.ts';
import type { Invite, Verification } from '../api.ts';
import { HttpError } from '../errors.ts';
import type { Exchange, Routes } from '../exchange.ts';
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
  const { web } = exchange;
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
  return { channel };
}

function otherRole(role: Role): Role {
  return role === 'a' ? 'b' : 'a';
}
