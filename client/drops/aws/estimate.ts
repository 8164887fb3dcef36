/** What a channel will cost in a month, from how btr behaves: for `btr deploy`, and for the figures in the documents. */
import { bodyTextSizes, bytesInText, paddedBytes } from '../../protocol/padding.ts';
import { BILLED_BYTES } from './meter.ts';
import {
  type Amounts,
  GIB,
  HOURS_A_MONTH,
  listPrices,
  type PricedLine,
  type PriceItem,
  type PriceTable,
  pricedLines,
} from './prices.ts';

/** What two people do in a month, both sides together. */
export interface MonthlyUse {
  readonly messages: number;
  /** Bytes of each message's text. Default 200. */
  readonly messageBytes?: number;
  /** Whether many go at once, as from a pipe, and share envelopes. Default: each goes alone. */
  readonly inBulk?: boolean;
  readonly files: number;
  /** Bytes of each file. */
  readonly fileBytes: number;
  /** Hours that a file stays in the bucket. Default: as long as `btr send` lets it, seven days. */
  readonly fileHours?: number;
  /** Hours of `btr listen` or `btr chat`, both sides added up: 1,460 where both listen all the time. */
  readonly listenHours: number;
  readonly alarms: number;
  /** Whether the expiry function runs each hour. */
  readonly expiry: boolean;
}

const TEXT_BYTES = 200;
/** A long poll lasts 20 s. */
const POLLS_AN_HOUR = 180;
/** What a frame adds to a text, session and envelope to frames, an answer to a body. In bytes, rounded up. */
const FRAME_BYTES = 45;
const ENVELOPE_BYTES = 400;
const ANSWER_BYTES = 1024;
/** Stored bytes of a part, of an upload and of a download alike. */
const PART_BYTES = 8 * 1_048_576;
const FILE_HOURS = 7 * 24;
/** A run of the expiry function: three listings for each prefix; memory in GB and seconds; bytes of its log. */
const EXPIRY_RUN = { lists: 6, gigabytes: 0.25, seconds: 2, logBytes: 2048 };

/** The bill's lines, rounded up nowhere. What is free in the cloud (uploads, deletions) has none. */
export function monthlyEstimate(use: MonthlyUse, prices: PriceTable = listPrices): readonly PricedLine[] {
  const message = use.inBulk ? shared(use.messageBytes ?? TEXT_BYTES) : alone(use.messageBytes ?? TEXT_BYTES);
  const polls = use.listenHours * POLLS_AN_HOUR;
  const parts = use.files * Math.max(1, Math.ceil(use.fileBytes / PART_BYTES));
  const runs = use.expiry ? HOURS_A_MONTH : 0;
  const files = use.files * use.fileBytes;
  return pricedLines(
    {
      queueRequests: use.messages * message.requests + polls,
      writes: parts + 2 * use.files + runs * EXPIRY_RUN.lists,
      reads: parts,
      storage: (files / GIB) * ((use.fileHours ?? FILE_HOURS) / HOURS_A_MONTH),
      transfer: (use.messages * message.received + polls * ANSWER_BYTES + files) / GIB,
      alarms: use.alarms,
      // A metric is billed for the hours in which it has a value: those in which a file's time was over.
      metrics: use.expiry ? Math.min(1, use.files / HOURS_A_MONTH) : 0,
      functionRuns: runs,
      functionTime: runs * EXPIRY_RUN.gigabytes * EXPIRY_RUN.seconds,
      logs: (runs * EXPIRY_RUN.logBytes) / GIB,
    },
    prices,
  );
}

/** Of one message: requests as they are billed, and bytes that leave the cloud. */
interface MessageUse {
  readonly requests: number;
  readonly received: number;
}

/** It is sent, received and deleted, and so is its acknowledgement where nothing else takes it along. */
function alone(bytes: number): MessageUse {
  const body = textBytes(bytes);
  const chunks = Math.ceil(body / BILLED_BYTES);
  return { requests: 2 * chunks + 1 + 3, received: body + textBytes(0) + 2 * ANSWER_BYTES };
}

/**
 * Its share of envelopes that are full: each is sent, received and deleted, and its acknowledgement costs no more than
 * that. For 1,000 lines of 200 bytes that is 20, as measured.
 */
function shared(bytes: number): MessageUse {
  const text = ((bytes + FRAME_BYTES) * 4) / 3;
  return { requests: (4 * text) / BILLED_BYTES, received: text };
}

/** One operation's counts in a month, as a Meter was told of them. */
export interface OperationCount {
  readonly operation: string;
  readonly billed: number;
  /** Bytes. */
  readonly received: number;
  /** KiB times hours. */
  readonly kibHours: number;
}

/** As what an operation is billed. Deleting and giving up uploads are free ("Amazon S3 pricing", Requests). */
const billedAs: ReadonlyMap<string, PriceItem> = new Map([
  ...items('queueRequests', ['GetQueueUrl', 'GetQueueAttributes', 'SendMessage', 'SendMessageBatch']),
  ...items('queueRequests', ['ReceiveMessage', 'DeleteMessageBatch', 'ChangeMessageVisibilityBatch']),
  ...items('writes', ['CreateMultipartUpload', 'UploadPart', 'CompleteMultipartUpload', 'PutObject']),
  ...items('reads', ['GetObject', 'HeadObject', 'HeadBucket']),
]);

function items(item: PriceItem, operations: readonly string[]): (readonly [string, PriceItem])[] {
  return operations.map((operation) => [operation, item]);
}

/** What was used, in the units of a bill. */
export function amountsOf(counts: readonly OperationCount[]): Amounts {
  const requests = (item: PriceItem) =>
    counts.reduce((sum, { operation, billed }) => sum + (billedAs.get(operation) === item ? billed : 0), 0);
  const sum = (amount: (count: OperationCount) => number) => counts.reduce((total, count) => total + amount(count), 0);
  return {
    queueRequests: requests('queueRequests'),
    writes: requests('writes'),
    reads: requests('reads'),
    storage: (sum(({ kibHours }) => kibHours) * 1024) / GIB / HOURS_A_MONTH,
    transfer: sum(({ received }) => received) / GIB,
  };
}

/** The size of a queue body as text; one past the largest goes through the bucket, which this leaves out. */
function textBytes(bytes: number): number {
  const padded = paddedBytes(bytes + ENVELOPE_BYTES);
  return bodyTextSizes.find((size) => bytesInText(size) >= padded) ?? 1_048_576;
}
