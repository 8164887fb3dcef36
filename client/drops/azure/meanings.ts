/** What the errors of Azure Storage and of the network mean to a person: pure data, read by errors.ts. */

import { networkCodes } from '../network-codes.ts';

/** What was being done, for the sentence. */
export interface Attempt {
  /** Such as `leave messages`. */
  readonly action: string;
  /** Such as `queue btr-talk-a-to-b`. */
  readonly resource: string;
  /** With what: a SAS set of the drop, the key of the account, or a token of Entra. */
  readonly by: 'set' | 'key' | 'identity';
}

export interface Meaning {
  readonly code: string;
  readonly retryable: boolean;
  readonly text: (attempt: Attempt) => string;
  readonly hint: string | ((attempt: Attempt) => string);
}

const anotherSet =
  'Whoever owns the drop makes another set: btr channel rotate-key, or another invite. What was queued stays queued.';
const clock = "If it was taken a moment ago, set this machine's clock.";

const by = {
  set: {
    refused:
      'Azure does not take the SAS set of this drop: it has expired or was revoked, it was altered, or what it is for is gone.',
    hint: `${anotherSet} ${clock}`,
    who: 'this SAS set',
    grant: anotherSet,
  },
  key: {
    refused: "Azure does not take the account's key: it was altered, or renewed in the meantime.",
    hint: `Take the connection string of the account again. ${clock}`,
    who: "the account's key",
    grant: "Look at the account's settings in the portal.",
  },
  identity: {
    refused: 'Azure does not take the Entra identity that was found here.',
    hint: 'Run "az login" again, with an identity of the tenant that the account is in.',
    who: 'this Entra identity',
    grant:
      'Let it have the roles "Storage Queue Data Contributor" and "Storage Blob Data Contributor" on the account; a ' +
      'few minutes may pass until they count.',
  },
} as const;

export const meanings = {
  badCredentials: {
    code: 'invalid-credentials',
    retryable: false,
    text: (attempt) => by[attempt.by].refused,
    hint: (attempt) => by[attempt.by].hint,
  },
  noIdentity: {
    code: 'no-credentials',
    retryable: false,
    text: () => 'The account came without its key, and no Entra identity is logged in here.',
    hint: 'Run "az login", or give the connection string of the account.',
  },
  denied: {
    code: 'access-denied',
    retryable: false,
    text: (attempt) => `Access denied: ${by[attempt.by].who} may not ${attempt.action} (${attempt.resource}).`,
    hint: (attempt) => by[attempt.by].grant,
  },
  shutOut: {
    code: 'access-denied',
    retryable: false,
    text: (attempt) =>
      attempt.by === 'set'
        ? `Azure lets nobody in here with this SAS set (${attempt.resource}): it has expired or was revoked, what it is for is gone, or the account's network rules shut this machine out.`
        : `The account's network rules shut this machine out (${attempt.resource}).`,
    hint: (attempt) =>
      `${attempt.by === 'set' ? anotherSet : ''} The owner of the account sees the rules in the portal, under "Networking".`.trim(),
  },
  keyless: {
    code: 'account-key-disabled',
    retryable: false,
    text: () => 'The storage account allows no access by its key, on which every SAS of btr rests.',
    hint: 'Turn on "Allow storage account key access" in the account\'s configuration, or take another account.',
  },
  tlsOnly: {
    code: 'access-denied',
    retryable: false,
    text: ({ resource }) => `Azure wants TLS, and the endpoint of ${resource} is one without.`,
    hint: 'Use an endpoint that begins with https://',
  },
  noQueue: {
    code: 'no-such-queue',
    retryable: false,
    text: ({ resource }) => `The ${resource} is not there: it was deleted, or it is in another account.`,
    hint: 'Ask whoever owns the drop; with the account\'s connection string, "btr drop add" makes it again.',
  },
  noContainer: {
    code: 'no-such-container',
    retryable: false,
    text: ({ resource }) => `The ${resource} is not there: it was deleted, or it is in another account.`,
    hint: 'Ask whoever owns the drop; with the account\'s connection string, "btr drop add" makes it again.',
  },
  goingAway: {
    code: 'being-deleted',
    retryable: true,
    text: ({ resource }) => `The ${resource} is just being deleted.`,
    hint: 'Azure takes half a minute for that; then try again.',
  },
  noParcel: {
    code: 'no-such-parcel',
    retryable: false,
    text: () => 'The parcel is not in the drop: it was fetched and burned, recalled, or its time was over.',
    hint: 'Ask the sender to send it again.',
  },
  noUpload: {
    code: 'no-such-upload',
    retryable: false,
    text: () => 'The upload is no longer there: it was given up, or its time was over.',
    hint: 'Send the file again.',
  },
  disabled: {
    code: 'account-disabled',
    retryable: false,
    text: () => 'The storage account is turned off.',
    hint: 'Its owner sees in the portal why; often a subscription has ended.',
  },
  notStorage: {
    code: 'bad-answer',
    retryable: false,
    text: ({ resource }) => `What answers for the ${resource} is no Azure Storage account of that sort.`,
    hint: 'Check the connection string and its endpoints; accounts of Data Lake or for pages alone have no queues.',
  },
  throttled: {
    code: 'throttled',
    retryable: true,
    text: () => 'Azure asked us to slow down.',
    hint: 'Wait a little and try again; what was queued stays queued.',
  },
  tooLarge: {
    code: 'too-large',
    retryable: false,
    text: ({ resource }) => `What was to be left is larger than the ${resource} takes.`,
    hint: 'Send it as a file: large messages go through the blob store.',
  },
  dns: {
    code: 'dns-failure',
    retryable: true,
    text: () => "The address of the storage account can't be found (DNS).",
    hint: "Check the network connection and the account's name; an account that was deleted has no address any more.",
  },
  refused: {
    code: 'connection-refused',
    retryable: true,
    text: () => 'The endpoint of the storage account refused the connection: nothing listens there.',
    hint: 'Check the network connection and, where the drop has one, its own endpoint.',
  },
  lost: {
    code: 'connection-lost',
    retryable: true,
    text: () => 'The connection to Azure broke off.',
    hint: 'Check the network connection and try again; what was queued stays queued.',
  },
  unreachable: {
    code: 'unreachable',
    retryable: true,
    text: () => "The storage account can't be reached.",
    hint: 'Check the network connection, a firewall or VPN, and try again.',
  },
  noAnswer: {
    code: 'no-answer',
    retryable: true,
    text: () => 'Azure did not answer in time.',
    hint: 'Check the network connection, then try again; what was queued stays queued.',
  },
  tls: {
    code: 'tls-failure',
    retryable: false,
    text: () => 'No secure connection to Azure could be made: its certificate is not trusted.',
    hint: 'Something between here and Azure may be opening TLS. If that is meant, add its certificate with NODE_EXTRA_CA_CERTS.',
  },
  service: {
    code: 'service-failure',
    retryable: true,
    text: () => 'Azure reported a failure of its own.',
    hint: 'Try again later; what was queued stays queued.',
  },
} satisfies Record<string, Meaning>;

export type MeaningName = keyof typeof meanings;

/**
 * By the service's own code ("Common REST API error codes", "Queue Storage error codes", "Blob Storage error codes"),
 * and by that of the system and of Node's TLS.
 */
export const byCode: Readonly<Partial<Record<string, MeaningName>>> = {
  AuthenticationFailed: 'badCredentials',
  InvalidAuthenticationInfo: 'badCredentials',
  NoAuthenticationInformation: 'badCredentials',
  AuthorizationFailure: 'shutOut',
  AuthorizationSourceIPMismatch: 'shutOut',
  AuthorizationPermissionMismatch: 'denied',
  AuthorizationResourceTypeMismatch: 'denied',
  AuthorizationServiceMismatch: 'denied',
  InsufficientAccountPermissions: 'denied',
  UnauthorizedBlobOverwrite: 'denied',
  AuthorizationProtocolMismatch: 'tlsOnly',
  AccountRequiresHttps: 'tlsOnly',
  KeyBasedAuthenticationNotPermitted: 'keyless',
  AccountIsDisabled: 'disabled',
  QueueNotFound: 'noQueue',
  ContainerNotFound: 'noContainer',
  QueueBeingDeleted: 'goingAway',
  ContainerBeingDeleted: 'goingAway',
  BlobNotFound: 'noParcel',
  InvalidRange: 'noParcel',
  InvalidBlockList: 'noUpload',
  InvalidBlockId: 'noUpload',
  InvalidBlobOrBlock: 'noUpload',
  FeatureNotSupportedForAccount: 'notStorage',
  ResourceNotFound: 'notStorage',
  ServerBusy: 'throttled',
  OperationTimedOut: 'service',
  InternalError: 'service',
  MessageTooLarge: 'tooLarge',
  RequestBodyTooLarge: 'tooLarge',
  ...networkCodes,
};
