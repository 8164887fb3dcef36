/** What the errors of AWS and of the network mean to a person: pure data, read by errors.ts. */

/** What was being done, for the sentence. */
export interface Attempt {
  /** As IAM names it, such as `sqs:SendMessage`. */
  readonly action: string;
  /** Such as `queue Btr-alice-bob-a-to-b.fifo`. */
  readonly resource: string;
}

export interface Meaning {
  readonly code: string;
  readonly retryable: boolean;
  readonly text: (attempt: Attempt) => string;
  readonly hint: string;
}

const clockHint = "Set this machine's clock (most systems do it over the network by themselves) and try again.";

export const meanings = {
  noCredentials: {
    code: 'no-credentials',
    retryable: false,
    text: () => 'No usable AWS credentials were found.',
    hint: 'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or run "aws configure".',
  },
  expiredCredentials: {
    code: 'expired-credentials',
    retryable: false,
    text: () => 'The AWS credentials have expired.',
    hint: 'Get new ones, for instance with "aws sso login", and try again; what was queued stays queued.',
  },
  invalidCredentials: {
    code: 'invalid-credentials',
    retryable: false,
    text: () => 'AWS does not know these credentials.',
    hint: 'Check the access key id, the secret and the session token; the key may have been deleted or turned off.',
  },
  badSignature: {
    code: 'bad-signature',
    retryable: false,
    text: () => "AWS did not accept the request's signature: the secret key is wrong, or this machine's clock is.",
    hint: `Check the secret access key. If it is right: ${clockHint}`,
  },
  clock: {
    code: 'clock-skew',
    retryable: false,
    text: () => "AWS refused the request because this machine's clock is wrong.",
    hint: clockHint,
  },
  noRegion: {
    code: 'no-region',
    retryable: false,
    text: () => 'No AWS region is set.',
    hint: 'Set AWS_REGION, or give the region with the drop (region=eu-central-1), or set one in the AWS profile.',
  },
  wrongRegion: {
    code: 'wrong-region',
    retryable: false,
    text: ({ resource }) => `The ${resource} is in another AWS region than the one that was asked.`,
    hint: 'Give the region that it was deployed to with the drop (region=...), or set AWS_REGION.',
  },
  noQueue: {
    code: 'no-such-queue',
    retryable: false,
    text: ({ resource }) => `The ${resource} is not there: it was deleted, or it is in another region or account.`,
    hint: 'Check the name, the region and the account; ask whoever owns the stack whether it still exists.',
  },
  noBucket: {
    code: 'no-such-bucket',
    retryable: false,
    text: ({ resource }) => `The bucket of ${resource} is not there.`,
    hint: 'Check its name and region; ask whoever owns the stack whether it still exists.',
  },
  noUser: {
    code: 'no-such-user',
    retryable: false,
    text: ({ resource }) => `There is no ${resource} in this account.`,
    hint: 'Check the name and AWS_PROFILE; the stack makes the user: npx cdk deploy -c buddies=alice,bob',
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
  denied: {
    code: 'access-denied',
    retryable: false,
    text: ({ action, resource }) => `Access denied: these credentials may not do ${action} on ${resource}.`,
    hint: 'Check that the right AWS profile is used; the owner of the stack can grant the permission that is named.',
  },
  throttled: {
    code: 'throttled',
    retryable: true,
    text: ({ action }) => `AWS asked us to slow down (${action}).`,
    hint: 'Wait a little and try again; what was queued stays queued.',
  },
  tooLarge: {
    code: 'too-large',
    retryable: false,
    text: ({ resource }) => `What was to be left is larger than the ${resource} takes.`,
    hint: 'Send it as a file: large messages go through the bucket.',
  },
  dns: {
    code: 'dns-failure',
    retryable: true,
    text: () => "The address of the cloud's endpoint can't be found (DNS).",
    hint: 'Check the network connection, the region and, if one is set, AWS_ENDPOINT_URL.',
  },
  refused: {
    code: 'connection-refused',
    retryable: true,
    text: () => "The cloud's endpoint refused the connection: nothing listens there.",
    hint: 'Check AWS_ENDPOINT_URL or the endpoint of the drop; for the embedded cloud, check that "btr cloud" is running.',
  },
  lost: {
    code: 'connection-lost',
    retryable: true,
    text: ({ action }) => `The connection broke off during ${action}.`,
    hint: 'Check the network connection and try again; what was queued stays queued.',
  },
  unreachable: {
    code: 'unreachable',
    retryable: true,
    text: () => "The cloud's endpoint can't be reached.",
    hint: 'Check the network connection, a firewall or VPN, and try again.',
  },
  noAnswer: {
    code: 'no-answer',
    retryable: true,
    text: ({ action }) => `The cloud's endpoint did not answer in time (${action}).`,
    hint: 'Check the network connection and, if one is set, AWS_ENDPOINT_URL; then try again.',
  },
  tls: {
    code: 'tls-failure',
    retryable: false,
    text: () => "No secure connection to the cloud's endpoint could be made: its certificate is not trusted.",
    hint: 'Something between here and AWS may be opening TLS. If that is meant, add its certificate with NODE_EXTRA_CA_CERTS.',
  },
  garbage: {
    code: 'bad-answer',
    retryable: true,
    text: ({ action }) => `What answered ${action} does not speak the AWS protocol.`,
    hint: 'Check AWS_ENDPOINT_URL, and whether a proxy or the sign-in page of a network answers in place of AWS.',
  },
  service: {
    code: 'service-failure',
    retryable: true,
    text: ({ action }) => `AWS reported a failure of its own (${action}).`,
    hint: 'Try again later; what was queued stays queued.',
  },
} satisfies Record<string, Meaning>;

export type MeaningName = keyof typeof meanings;

/** Names of errors as SQS, S3, IAM, STS and the SDK give them. */
export const byName: Readonly<Record<string, MeaningName>> = {
  CredentialsProviderError: 'noCredentials',
  TokenProviderError: 'expiredCredentials',
  ExpiredToken: 'expiredCredentials',
  ExpiredTokenException: 'expiredCredentials',
  TokenRefreshRequired: 'expiredCredentials',
  InvalidAccessKeyId: 'invalidCredentials',
  InvalidClientTokenId: 'invalidCredentials',
  InvalidToken: 'invalidCredentials',
  InvalidSecurity: 'invalidCredentials',
  UnrecognizedClientException: 'invalidCredentials',
  IncompleteSignature: 'badSignature',
  SignatureDoesNotMatch: 'badSignature',
  InvalidSignatureException: 'badSignature',
  RequestTimeTooSkewed: 'clock',
  RequestExpired: 'clock',
  RequestInTheFuture: 'clock',
  QueueDoesNotExist: 'noQueue',
  QueueDeletedRecently: 'noQueue',
  NonExistentQueue: 'noQueue',
  InvalidAddress: 'noQueue',
  NoSuchBucket: 'noBucket',
  NoSuchKey: 'noParcel',
  NotFound: 'noParcel',
  NoSuchUpload: 'noUpload',
  NoSuchEntity: 'noUser',
  NoSuchEntityException: 'noUser',
  PermanentRedirect: 'wrongRegion',
  TemporaryRedirect: 'wrongRegion',
  AuthorizationHeaderMalformed: 'wrongRegion',
  AccessDenied: 'denied',
  AccessDeniedException: 'denied',
  AccountProblem: 'denied',
  AllAccessDisabled: 'denied',
  Forbidden: 'denied',
  KmsAccessDenied: 'denied',
  OptInRequired: 'denied',
  OverLimit: 'throttled',
  RequestLimitExceeded: 'throttled',
  RequestThrottled: 'throttled',
  RequestThrottledException: 'throttled',
  SlowDown: 'throttled',
  Throttling: 'throttled',
  ThrottlingException: 'throttled',
  TooManyRequestsException: 'throttled',
  KmsThrottled: 'throttled',
  BatchRequestTooLong: 'tooLarge',
  EntityTooLarge: 'tooLarge',
  MaxMessageLengthExceeded: 'tooLarge',
  InvalidMD5: 'garbage',
  RequestTimeout: 'noAnswer',
  RequestTimeoutException: 'noAnswer',
  TimeoutError: 'noAnswer',
  InternalError: 'service',
  InternalFailure: 'service',
  ServiceUnavailable: 'service',
  ServiceFailure: 'service',
  ServiceFailureException: 'service',
  EntityTemporarilyUnmodifiable: 'service',
  EntityTemporarilyUnmodifiableException: 'service',
};
