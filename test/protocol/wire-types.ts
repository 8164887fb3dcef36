/** Valid bytes of every wire type there is, and how each is read: what mutants are made of. */
import { randomBytes } from 'node:crypto';
import { finishCpace, startCpace } from '../../client/crypto/cpace.ts';
import { openBox, sealBox } from '../../client/crypto/pairing-keys.ts';
import { readBundle } from '../../client/crypto/signal/prekeys.ts';
import { SecurityError } from '../../client/errors.ts';
import { decodeBody, encodeBody } from '../../client/protocol/body.ts';
import {
  decodePointer,
  type EnvelopeForm,
  encodePointer,
  openEnvelope,
  sealEnvelope,
} from '../../client/protocol/envelope.ts';
import { decodeFileNotice, encodeFileNotice } from '../../client/protocol/file-notice.ts';
import { decodePacket, encodePacket, frameKinds } from '../../client/protocol/frames.ts';
import { decodeInvite, encodeInvite, formatInvite, parseInviteText } from '../../client/protocol/invite.ts';
import {
  decodeProof,
  decodeRefusal,
  decodeReply,
  encodeProof,
  encodeRefusal,
  encodeReply,
} from '../../client/protocol/pairing-wire.ts';
import {
  decodeAcknowledgements,
  decodeGone,
  decodeResend,
  encodeAcknowledgements,
  encodeGone,
  encodeResend,
} from '../../client/protocol/ranges.ts';
import { decodeTimed, encodeTimed } from '../../client/protocol/timed.ts';
import { makeTalking, makeTwo } from '../crypto/signal-people.ts';
import vectors from '../vectors/wire.json' with { type: 'json' };
import type { WireType } from './mutants.ts';

const bytes = (hex: string) => Buffer.from(hex, 'hex');
const both = <T>(make: (index: number) => T): [T, T] => [make(0), make(1)];
const ranges = [
  { first: 3, last: 3 },
  { first: 300, last: 65_536 },
];

function encoding(name: string, samples: readonly Uint8Array[], read: WireType['read']): WireType {
  return { name, samples, read, kind: 'encoding' };
}

function envelopes(): WireType[] {
  const forms: EnvelopeForm[] = ['inline', 'pointer', 'bundle', 'reply', 'refusal', 'restored'];
  const [key, channelId] = [randomBytes(32), randomBytes(16)];
  const about = { channelId, direction: 'a-to-b' } as const;
  return forms.map((form) => {
    const seal = () => {
      const sealed = form === 'restored' ? Buffer.alloc(0) : randomBytes(100);
      return sealEnvelope({ sender: 'a', suite: 4, form, sealed }, key, about, randomBytes(32));
    };
    const read = (envelope: Uint8Array) => openEnvelope(envelope, key, about).sealed;
    return { name: `envelope ${form}`, samples: both(seal), read, kind: 'authentic' };
  });
}

function frames(): WireType[] {
  const id = () => randomBytes(16);
  const kept = (kind: number, index: number) => ({
    kind,
    seq: 1 + index * 300,
    id: id(),
    sentAt: 1_795_000_000_000,
    content: Buffer.from(`content ${index}`),
  });
  const passing = (kind: number, index: number) => ({ kind, deadline: index * 1e12, content: randomBytes(8) });
  return Object.entries(frameKinds).map(([name, kind]) => {
    const samples = both((index) => {
      const packet = { stream: randomBytes(16), kept: [], passing: [] };
      const two = [index, index + 1];
      if (kind >= 0x80) return encodePacket({ ...packet, passing: two.map((one) => passing(kind, one)) });
      return encodePacket({ ...packet, kept: two.map((one) => kept(kind, one)) });
    });
    // Kept and passing frames may come in any order: what is read is in the order in which we write them.
    const read = (given: Uint8Array) => {
      const written = encodePacket(decodePacket(given));
      return isPermutation(written, given) ? given : written;
    };
    return encoding(`packet with ${name}`, samples, read);
  });
}

function isPermutation(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(Uint8Array.from(one).sort(), Uint8Array.from(other).sort()) === 0;
}

function contents(): WireType[] {
  const stream = () => randomBytes(16);
  const notice = bytes(vectors.fileNotice.encoded);
  const other = encodeFileNotice({
    ...decodeFileNotice(notice),
    id: randomBytes(16),
    burn: false,
    name: 'another name',
  });
  return [
    encoding('file notice', [notice, other], (given) => encodeFileNotice(decodeFileNotice(given))),
    encoding(
      'pointer',
      both((index) => encodePointer({ objectKey: `a/${index}`, bytes: 1000 + index, hash: randomBytes(32) })),
      (given) => encodePointer(decodePointer(given)),
    ),
    encoding(
      'acknowledgements',
      both((index) => encodeAcknowledgements([{ stream: stream(), next: 1 + index, held: ranges }])),
      (given) => encodeAcknowledgements(decodeAcknowledgements(given)),
    ),
    encoding(
      'resend',
      both((index) => encodeResend({ stream: stream(), attempt: 1 + index, ranges })),
      (given) => encodeResend(decodeResend(given)),
    ),
    encoding(
      'gone',
      both(() => encodeGone({ stream: stream(), ranges })),
      (given) => encodeGone(decodeGone(given)),
    ),
    encoding(
      'timed',
      both((index) => encodeTimed({ timer: 60_000 + index, kind: 1 + index, content: Buffer.from('gone soon') })),
      (given) => encodeTimed(decodeTimed(given)),
    ),
    encoding(
      'body',
      both(() => Buffer.from(encodeBody(randomBytes(768)))),
      (given) => Buffer.from(encodeBody(decodeBody(Buffer.from(given).toString('latin1'))), 'latin1'),
    ),
  ];
}

function invites(): WireType[] {
  const make = (index: number) =>
    encodeInvite({
      session: randomBytes(16),
      share: randomBytes(32),
      bundleHash: randomBytes(32),
      channelId: randomBytes(16),
      secret: randomBytes(32),
      epoch: index,
      role: index === 0 ? 'a' : 'b',
      expiresAt: 1_795_000_000_000,
      name: 'Zoë',
      address: { kind: 'folder', path: `/drop/${index}` },
    });
  const text = (given: Uint8Array) => parseInviteText(Buffer.from(given).toString('latin1'));
  return [
    { name: 'invite', samples: both(make), read: (given) => text(Buffer.from(formatInvite(given))), kind: 'authentic' },
    {
      name: 'text of an invite',
      samples: both((index) => Buffer.from(formatInvite(make(index)))),
      read: (given) => encodeInvite(decodeInvite(text(given))),
      kind: 'same',
    },
  ];
}

async function pairing(): Promise<WireType[]> {
  const two = await makeTwo();
  const bundles = await Promise.all(['one-time', 'renewal'].map((form) => makeBundle(form)));
  async function makeBundle(form: string) {
    return (await two.a.makePrekeys(form === 'renewal' ? 'renewal' : 'one-time')).bundle;
  }
  const [root, session] = [randomBytes(32), randomBytes(16)];
  const reply = () =>
    encodeReply({ session, share: randomBytes(32), identity: randomBytes(33), box: randomBytes(200) });
  const refusal = (index: number) =>
    encodeRefusal({ session, share: randomBytes(32), reason: index === 0 ? 'wrong-pin' : 'expired' });
  const proof = () => encodeProof({ value: randomBytes(32), renewal: randomBytes(300) });
  return [
    encoding('bundle', bundles, async (given) => {
      await readBundle(given);
      return given;
    }),
    encoding('reply', both(reply), (given) => encodeReply(decodeReply(given))),
    encoding('refusal', both(refusal), (given) => encodeRefusal(decodeRefusal(given))),
    encoding('bind and confirm', both(proof), (given) => encodeProof(decodeProof(given))),
    {
      name: 'box of a reply',
      samples: [sealBox(root, session, Buffer.from('the first message'))],
      read: (given) => openBox(root, session, given) ?? refuse(),
      kind: 'authentic',
    },
    cpaceShares(session),
  ];
}

function refuse(): never {
  throw new SecurityError('It does not open.', { code: 'unopened' });
}

/** A share that was changed is refused, or leads to another key: as if the PIN had been another. */
function cpaceShares(sid: Buffer): WireType {
  const input = { prs: Buffer.from('123456'), ci: Buffer.from('btr pairing 1'), sid };
  const [own, ...others] = [0, 1, 2].map(() => startCpace(input, randomBytes(64)));
  if (!own) throw new Error('no share');
  const data = Buffer.from('data');
  const read = (share: Uint8Array) =>
    finishCpace(input, own, { initiator: { share: own.share, data }, responder: { share, data } }, 'initiator');
  const keys = others.map(({ share }) => Buffer.from(read(share)));
  return {
    name: 'CPace share',
    samples: others.map(({ share }) => share),
    read: (share) => (keys.some((key) => key.equals(read(share))) ? Buffer.from(share) : refuse()),
    kind: 'authentic',
  };
}

async function sealed(): Promise<WireType[]> {
  const { a, b } = await makeTwo();
  await b.renew((await a.makePrekeys('renewal')).bundle);
  const first = [await b.seal('one'), await b.seal('two')];
  const talking = await makeTalking();
  const later = [await talking.a.seal('three'), await talking.a.seal('four')];
  return [
    // Beside the message, what starts a session names numbers that nothing depends on.
    { name: 'signal start', samples: first, read: async (given) => (await a.look(given)).content, kind: 'same' },
    {
      name: 'signal message',
      samples: later,
      read: async (given) => (await talking.b.look(given)).content,
      kind: 'authentic',
    },
  ];
}

export async function wireTypes(): Promise<WireType[]> {
  return [...envelopes(), ...frames(), ...contents(), ...invites(), ...(await pairing()), ...(await sealed())];
}
