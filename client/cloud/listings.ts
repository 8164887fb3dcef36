/**
 * Listings as S3 answers them. The emulator sorts keys as a dictionary would, but goes on behind a key by its bytes, so
 * that a listing of several pages leaves out some; and it lists no uploads.
 */
import { escapeXml } from '../../node_modules/fauxqs/dist/common/xml.js';
import { S3Store } from '../../node_modules/fauxqs/dist/s3/s3Store.js';
import type { MultipartUpload, S3Object } from '../../node_modules/fauxqs/dist/s3/s3Types.js';

type Started = Pick<MultipartUpload, 'bucket' | 'key' | 'uploadId' | 'initiated'>;
type ListOptions = Parameters<S3Store['listObjects']>[1];

/** Most entries of one page. */
const PAGE = 1_000;

export class ListingS3Store extends S3Store {
  readonly #uploads = new Map<string, Started>();

  override listObjects(bucket: string, options: ListOptions = {}): ReturnType<S3Store['listObjects']> {
    const { prefix = '', delimiter, maxKeys = PAGE, startAfter, marker } = options;
    const after = startAfter ?? marker ?? '';
    const all = super.listObjects(bucket, { prefix, maxKeys: Number.POSITIVE_INFINITY }).objects;
    const objects: S3Object[] = [];
    const folders = new Set<string>();
    for (const object of all.filter(({ key }) => key > after).sort(byKey)) {
      const folder = folderOf(object.key, prefix, delimiter);
      if (folder !== undefined && (folder <= after || folders.has(folder))) continue;
      if (objects.length + folders.size === maxKeys) {
        return { objects, commonPrefixes: [...folders], isTruncated: true };
      }
      if (folder === undefined) objects.push(object);
      else folders.add(folder);
    }
    return { objects, commonPrefixes: [...folders], isTruncated: false };
  }

  /** Those of a bucket that are neither complete nor given up, by key and then by time. */
  uploadsIn(bucket: string): readonly Started[] {
    const uploads = [...this.#uploads.values()].filter((upload) => upload.bucket === bucket);
    return uploads.sort((one, other) => byKey(one, other) || one.initiated.getTime() - other.initiated.getTime());
  }

  override createMultipartUpload(...args: Parameters<S3Store['createMultipartUpload']>): string {
    const uploadId = super.createMultipartUpload(...args);
    const [bucket, key] = args;
    this.#uploads.set(uploadId, { bucket, key, uploadId, initiated: new Date() });
    return uploadId;
  }

  override restoreMultipartUpload(upload: MultipartUpload): void {
    super.restoreMultipartUpload(upload);
    this.#uploads.set(upload.uploadId, upload);
  }

  override completeMultipartUpload(...args: Parameters<S3Store['completeMultipartUpload']>): S3Object {
    const object = super.completeMultipartUpload(...args);
    this.#uploads.delete(args[0]);
    return object;
  }

  override abortMultipartUpload(uploadId: string): void {
    super.abortMultipartUpload(uploadId);
    this.#uploads.delete(uploadId);
  }
}

/** The answer to ListMultipartUploads (Amazon S3 API Reference), a page of it. */
export function uploadsPage(uploads: readonly Started[], query: URLSearchParams): string {
  const prefix = query.get('prefix') ?? '';
  const [keyMarker, idMarker] = [query.get('key-marker') ?? '', query.get('upload-id-marker')];
  const most = Math.min(Number(query.get('max-uploads') ?? PAGE), PAGE);
  const marked = uploads.findIndex(({ key, uploadId }) => key === keyMarker && uploadId === idMarker);
  const rest = uploads.filter(({ key }, index) => (marked < 0 ? key > keyMarker : index > marked));
  const found = rest.filter(({ key }) => key.startsWith(prefix));
  const page = found.slice(0, most);
  const last = found.length > most ? page.at(-1) : undefined;
  const next = last ? element('NextKeyMarker', last.key) + element('NextUploadIdMarker', last.uploadId) : '';
  const entries = page.map(
    ({ key, uploadId, initiated }) =>
      `<Upload>${element('Key', key)}${element('UploadId', uploadId)}${element('Initiated', initiated.toISOString())}</Upload>`,
  );
  return `<?xml version="1.0" encoding="UTF-8"?><ListMultipartUploadsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${element('IsTruncated', String(last !== undefined))}${next}${entries.join('')}</ListMultipartUploadsResult>`;
}

/** A listing whose names are encoded as in a URL (Amazon S3 API Reference, "ListObjectsV2", `encoding-type`). */
export function inUrlEncoding(listing: string): string {
  return listing
    .replace(
      /(<(Key|Prefix|Delimiter|StartAfter|NextKeyMarker)>)([^<]*)/g,
      (_, tag: string, __, name: string) => tag + encodedName(unescapeXml(name)),
    )
    .replace(/(?=<\/List\w+Result>$)/, element('EncodingType', 'url'));
}

function encodedName(name: string): string {
  return encodeURIComponent(name).replaceAll('%2F', '/').replaceAll('%20', '+');
}

function unescapeXml(text: string): string {
  const characters: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
  return text.replace(/&(\w+);/g, (whole, name: string) => characters[name] ?? whole);
}

function element(name: string, text: string): string {
  return `<${name}>${escapeXml(text)}</${name}>`;
}

function folderOf(key: string, prefix: string, delimiter: string | undefined): string | undefined {
  const end = delimiter ? key.indexOf(delimiter, prefix.length) : -1;
  return end < 0 ? undefined : key.slice(0, end + 1);
}

function byKey(one: { readonly key: string }, other: { readonly key: string }): number {
  if (one.key === other.key) return 0;
  return one.key < other.key ? -1 : 1;
}
