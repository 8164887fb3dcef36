/**
 * Records the wire types of a pairing from fixed inputs, and one whole pairing as it lay in the drop:
 *
 *     node test/vectors/record-pairing.ts > test/vectors/pairing.json
 *
 * A recording is never made anew: what changes with the wire gets another file. The keys in it protect nothing.
 */
import { finishCpace, startCpace } from '../../client/crypto/cpace.ts';
import { bindValue, confirmValue, inviteKey, openBox, rootOf, sealBox } from '../../client/crypto/pairing-keys.ts';
import { publicIdentity, safetyNumber } from '../../client/crypto/signal/identity.ts';
import { makePrekeys } from '../../client/crypto/signal/prekeys.ts';
import { decodeState } from '../../client/crypto/signal/state.ts';
import { encodeBody } from '../../client/protocol/body.ts';
import { type EnvelopeForm, sealEnvelope } from '../../client/protocol/envelope.ts';
import { encodeInvite, formatInvite } from '../../client/protocol/invite.ts';
import { encodeProof, encodeRefusal, encodeReply } from '../../client/protocol/pairing-wire.ts';
import { encodeTimed } from '../../client/protocol/timed.ts';
import { makeTwo, start } from '../crypto/signal-people.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const fixed = (length: number, first: number) =>
  Buffer.from(Array.from({ length }, (_, index) => (first + index) & 0xff));

const [session, secret, channelId, wrapKey] = [fixed(16, 1), fixed(32, 2), fixed(16, 3), fixed(32, 4)];
const input = { prs: Buffer.from('123456'), ci: Buffer.from('btr pairing 1'), sid: session };
const [inviter, joiner] = [startCpace(input, fixed(64, 5)), startCpace(input, fixed(64, 6))];
const sides = {
  initiator: { share: inviter.share, data: fixed(32, 7) },
  responder: { share: joiner.share, data: fixed(33, 8) },
};
const isk = finishCpace(input, inviter, sides, 'initiator');
const root = rootOf(isk, secret);
const message = fixed(100, 9);
const box = sealBox(root, session, message);
if (!openBox(root, session, box)) throw new Error('a box that does not open');

const invite = {
  session: hex(session),
  share: hex(inviter.share),
  bundleHash: hex(fixed(32, 10)),
  channelId: hex(channelId),
  secret: hex(secret),
  epoch: 2,
  role: 'a' as const,
  expiresAt: 1_795_000_000_000,
  name: 'Zoë',
  address: { kind: 'folder', path: '/a/drop' },
};
const encodedInvite = encodeInvite({
  ...invite,
  session,
  share: inviter.share,
  bundleHash: fixed(32, 10),
  channelId,
  secret,
});
const [share, identity, reason] = [joiner.share, fixed(33, 8), 'not-open' as const];
const renewal = fixed(200, 11);

const forms: EnvelopeForm[] = ['inline', 'pointer', 'bundle', 'reply', 'refusal', 'restored'];
const envelopes = forms.map((form, index) => {
  const [sealed, salt] = [form === 'restored' ? Buffer.alloc(0) : fixed(40, index), fixed(32, 20 + index)];
  const about = { channelId, direction: 'b-to-a' } as const;
  const body = encodeBody(sealEnvelope({ sender: 'b', suite: 4, form, sealed }, wrapKey, about, salt));
  return { form, sealed: hex(sealed), salt: hex(salt), body };
});

// libsignal's own chance can't be fixed: real bytes, with the state that opens them.
const { a, b } = await makeTwo();
const { bundle, secret: prekeys } = await makePrekeys(decodeState(a.state).identity, 'one-time', start);
await b.renew(bundle);
const first = await b.seal('the first message');
a.prekeys = [prekeys];
const before = hex(a.state);
await a.open(first);
const answer = await a.seal('the answer');
const asker = hex(b.state);
await b.open(answer);
const [own, peer] = [
  await publicIdentity(decodeState(a.state).identity),
  Buffer.from(decodeState(a.state).peerIdentity),
];
const number = await safetyNumber(own, peer);

const recording = {
  about: 'The wire of pairing and sessions, version 1: bytes are hexadecimal, times milliseconds since 1970.',
  keys: {
    secret: hex(secret),
    isk: hex(isk),
    inviteKey: hex(inviteKey(secret)),
    root: hex(root),
    bind: hex(bindValue(isk)),
    confirm: hex(confirmValue(root)),
  },
  cpace: {
    prs: '123456',
    ci: 'btr pairing 1',
    sid: hex(session),
    seeds: [hex(fixed(64, 5)), hex(fixed(64, 6))],
    shares: [hex(inviter.share), hex(joiner.share)],
    data: [hex(fixed(32, 7)), hex(fixed(33, 8))],
    isk: hex(isk),
  },
  invite: { ...invite, encoded: hex(encodedInvite), text: formatInvite(encodedInvite) },
  box: { root: hex(root), session: hex(session), message: hex(message), box: hex(box) },
  reply: {
    session: hex(session),
    share: hex(share),
    identity: hex(identity),
    box: hex(box),
    encoded: hex(encodeReply({ session, share, identity, box })),
  },
  refusal: {
    session: hex(session),
    share: hex(share),
    reason,
    encoded: hex(encodeRefusal({ session, share, reason })),
  },
  proof: {
    value: hex(fixed(32, 12)),
    renewal: hex(renewal),
    encoded: hex(encodeProof({ value: fixed(32, 12), renewal })),
  },
  timed: {
    timer: 3_600_000,
    kind: 1,
    content: hex(fixed(5, 13)),
    encoded: hex(encodeTimed({ timer: 3_600_000, kind: 1, content: fixed(5, 13) })),
  },
  envelopes: {
    wrapKey: hex(wrapKey),
    channelId: hex(channelId),
    direction: 'b-to-a',
    sender: 'b',
    suite: 4,
    list: envelopes,
  },
  signal: {
    now: start,
    bundle: hex(bundle),
    identity: hex(own),
    peerIdentity: hex(peer),
    digits: number.digits,
    scannable: hex(number.scannable),
    prekeys,
    stateBefore: before,
    first: hex(first),
    firstText: 'the first message',
    askerState: asker,
    answer: hex(answer),
    answerText: 'the answer',
  },
};
process.stdout.write(`${JSON.stringify(recording, undefined, 1)}\n`);
