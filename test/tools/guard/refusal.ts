/** Refusals, worded and formed as each service gives them, so that the client's own reading of them is tested. */
import type { ServerResponse } from 'node:http';

export type Service = 'sqs' | 's3' | 'iam';

export type Reason =
  | 'denied'
  | 'unknown-key'
  | 'bad-signature'
  | 'incomplete-signature'
  | 'skewed'
  | 'body-differs'
  | 'not-implemented';

export class Refusal extends Error {
  readonly reason: Reason;

  constructor(reason: Reason, message: string) {
    super(message);
    this.reason = reason;
  }
}

interface Code {
  readonly status: number;
  readonly code: string;
}

/** SQS and IAM share the codes of AWS's common errors; S3 has its own. */
const common: Readonly<Record<Reason, Code>> = {
  denied: { status: 403, code: 'AccessDenied' },
  'unknown-key': { status: 403, code: 'InvalidClientTokenId' },
  'bad-signature': { status: 403, code: 'SignatureDoesNotMatch' },
  'incomplete-signature': { status: 400, code: 'IncompleteSignature' },
  skewed: { status: 403, code: 'SignatureDoesNotMatch' },
  'body-differs': { status: 403, code: 'SignatureDoesNotMatch' },
  'not-implemented': { status: 501, code: 'NotImplemented' },
};

const s3: Readonly<Record<Reason, Code>> = {
  ...common,
  'unknown-key': { status: 403, code: 'InvalidAccessKeyId' },
  'incomplete-signature': { status: 400, code: 'AuthorizationHeaderMalformed' },
  skewed: { status: 403, code: 'RequestTimeTooSkewed' },
  'body-differs': { status: 400, code: 'XAmzContentSHA256Mismatch' },
};

/** The names of the JSON protocol where they differ; the old ones go along in a header. */
const json: Readonly<Partial<Record<string, string>>> = {
  AccessDenied: 'AccessDeniedException',
  InvalidClientTokenId: 'UnrecognizedClientException',
  SignatureDoesNotMatch: 'InvalidSignatureException',
};

export function refuse(response: ServerResponse, service: Service, isHead: boolean, refusal: Refusal): void {
  const { status, code } = (service === 's3' ? s3 : common)[refusal.reason];
  const { message } = refusal;
  if (service === 'sqs') {
    response.writeHead(status, {
      'content-type': 'application/x-amz-json-1.0',
      'x-amzn-query-error': `${code};Sender`,
    });
    response.end(JSON.stringify({ __type: `com.amazon.coral.service#${json[code] ?? code}`, message }));
    return;
  }
  const error = `<Code>${code}</Code><Message>${message}</Message>`;
  const body =
    service === 's3'
      ? `<?xml version="1.0" encoding="UTF-8"?><Error>${error}<RequestId>test</RequestId></Error>`
      : `<ErrorResponse><Error><Type>Sender</Type>${error}</Error><RequestId>test</RequestId></ErrorResponse>`;
  response.writeHead(status, { 'content-type': 'application/xml' }).end(isHead ? undefined : body);
}

/** As IAM words it. */
export function denied(who: string, action: string, resource: string): Refusal {
  return new Refusal('denied', `User: ${who} is not authorized to perform: ${action} on resource: ${resource}`);
}
