/** The AWS drop as the registry knows it. Address: AwsAddress. */
import type { DropKind } from '../registry.ts';
import { awsDropId, openAwsDrop, parseAwsAddress, parseAwsUri } from './index.ts';
import { awsKeys } from './kind-keys.ts';
import { BODY_BYTES } from './leave.ts';
import { awsConsent, shareAwsAddress } from './share.ts';

export const awsKind: DropKind = {
  bodyBytes: BODY_BYTES,
  parseUri: (uri, role) => ({ ...parseAwsUri(uri, role) }),
  async open(address, { role, style, onTrouble, meter }) {
    const original = style === 'btrchat' ? { groupId: 'btrchat', deduplication: 'content' as const } : {};
    const trouble = onTrouble ? { onTrouble } : {};
    return openAwsDrop({ address: parseAwsAddress(address), role, meter, ...original, ...trouble });
  },
  async id(address) {
    return awsDropId(parseAwsAddress(address));
  },
  /** Stacks of the same two people have queues of the same names in every region, and each a bucket of its own name. */
  distinction: (address) => parseAwsAddress(address).bucket,
  async settle(address, role) {
    const { findQueueUrls } = await import('./find.ts');
    return { ...(await findQueueUrls(parseAwsAddress(address), role)) };
  },
  describe(address) {
    const { queues, bucket, region } = parseAwsAddress(address);
    const parts = [`queues ${queues['a-to-b']} and ${queues['b-to-a']}`];
    if (bucket) parts.push(`bucket ${bucket}`);
    if (region) parts.push(region);
    return `aws ${parts.join(', ')}`;
  },
  parse: (value) => ({ ...parseAwsAddress(value) }),
  share: async (address, role) => ({ ...shareAwsAddress(parseAwsAddress(address), role) }),
  consent: (address) => awsConsent(parseAwsAddress(address)),
  keys: awsKeys,
  async expire(address, options) {
    const { expireBucket } = await import('./expire.ts');
    return expireBucket(parseAwsAddress(address), options);
  },
};
