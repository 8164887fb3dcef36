/**
 * The emulator takes what it does not know for something else: `PutObjectTagging` would overwrite the object, listing
 * parts would fetch it, and a key with `..` would leave the folder it is kept in. Such requests end here.
 */

export interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

/** The subresources and parameters that the emulator handles. */
const KNOWN = new Set([
  'uploads',
  'uploadId',
  'partNumber',
  'lifecycle',
  'attributes',
  'renameObject',
  'delete',
  'list-type',
  'prefix',
  'delimiter',
  'max-keys',
  'max-uploads',
  'key-marker',
  'upload-id-marker',
  'marker',
  'start-after',
  'continuation-token',
  'encoding-type',
  'fetch-owner',
  'x-id',
]);
const KNOWN_PREFIX = /^(x-amz-|response-)/i;

/** Why a request can't be passed on, or undefined where it can. */
export function refusal(method: string, url: string): Refusal | undefined {
  const { path, query } = split(url);
  if (path === undefined || path.some((part) => part === '..' || part === '.' || part.includes('\0'))) {
    return { status: 400, code: 'InvalidArgument', message: 'A key may not hold . or .. as a part of its path.' };
  }
  const unknown = [...query.keys()].find((name) => !KNOWN.has(name) && !KNOWN_PREFIX.test(name));
  const ofObject = query.has('uploads') && objectOf(url) !== undefined;
  const isListing = method === 'GET' && (query.has('uploadId') || ofObject);
  if (unknown === undefined && !isListing) return undefined;
  return { status: 501, code: 'NotImplemented', message: 'The embedded cloud does not do that.' };
}

/** The action as S3 names it, for counting. */
export function s3Action(method: string, url: string): string {
  const { path, query } = split(url);
  const [, bucket = '', key = ''] = path ?? [];
  if (bucket === '') return 'ListBuckets';
  if (key === '') return bucketAction(method, query);
  if (query.has('uploads')) return 'CreateMultipartUpload';
  if (!query.has('uploadId')) return `${verb(method)}Object`;
  if (method === 'PUT') return 'UploadPart';
  return method === 'DELETE' ? 'AbortMultipartUpload' : 'CompleteMultipartUpload';
}

/** Bucket and key of a request for an object. */
export function objectOf(url: string): { readonly bucket: string; readonly key: string } | undefined {
  const [, bucket = '', ...key] = split(url).path ?? [];
  return bucket === '' || key.join('/') === '' ? undefined : { bucket, key: key.join('/') };
}

/** Bucket and parameters of a request for a bucket's uploads. */
export function uploadsOf(method: string, url: string): { bucket: string; query: URLSearchParams } | undefined {
  const { path, query } = split(url);
  const isAsked = method === 'GET' && s3Action(method, url) === 'ListMultipartUploads';
  return isAsked ? { bucket: path?.[1] ?? '', query } : undefined;
}

/** Whether a request is for a listing whose names are to be encoded. */
export function wishesEncoding(method: string, url: string): boolean {
  const isListing = ['ListObjects', 'ListMultipartUploads'].includes(s3Action(method, url));
  return isListing && split(url).query.get('encoding-type') === 'url';
}

function bucketAction(method: string, query: URLSearchParams): string {
  if (query.has('lifecycle')) return `${verb(method)}BucketLifecycleConfiguration`;
  if (query.has('uploads')) return 'ListMultipartUploads';
  if (method === 'PUT') return 'CreateBucket';
  if (method === 'POST') return 'DeleteObjects';
  return method === 'GET' ? 'ListObjects' : `${verb(method)}Bucket`;
}

function verb(method: string): string {
  return method.slice(0, 1) + method.slice(1).toLowerCase();
}

function split(url: string): { readonly path: string[] | undefined; readonly query: URLSearchParams } {
  const mark = url.indexOf('?');
  const path = mark < 0 ? url : url.slice(0, mark);
  return { path: decoded(path)?.split('/'), query: new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1)) };
}

function decoded(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}
