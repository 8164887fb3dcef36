/** What this home asked of the clouds of its channels, added up by month and operation: numbers only, nothing sealed. */
import type { Database } from './database.ts';

/** By their place in the table's rows: new ones go to the end, and none ever moves or goes. */
const operations: readonly string[] = [
  'other',
  'GetQueueUrl',
  'GetQueueAttributes',
  'SendMessage',
  'SendMessageBatch',
  'ReceiveMessage',
  'DeleteMessageBatch',
  'ChangeMessageVisibilityBatch',
  'CreateMultipartUpload',
  'UploadPart',
  'CompleteMultipartUpload',
  'AbortMultipartUpload',
  'PutObject',
  'GetObject',
  'HeadObject',
  'HeadBucket',
  'DeleteObject',
];

/** What an endpoint announces is believed, but no count grows past what can be read again. */
const most = Number.MAX_SAFE_INTEGER;

export interface OperationUse {
  /** As the cloud names it; `other` for one that the list above lacks. */
  readonly operation: string;
  readonly requests: number;
  /** As how many requests the cloud bills them. */
  readonly billed: number;
  /** Bytes of bodies. */
  readonly sent: number;
  readonly received: number;
  /** What they left in the cloud's storage: KiB times the hours that they may stay. */
  readonly kibHours: number;
}

export interface UsageRow extends OperationUse {
  readonly channel: number;
  /** See monthOf. */
  readonly month: number;
}

/** Months since the year 0, in UTC: years times twelve, and January adds none. */
export function monthOf(time: number): number {
  const date = new Date(time);
  return date.getUTCFullYear() * 12 + date.getUTCMonth();
}

export class Usage {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Adds to what is there, all or none. Rows of a channel that was removed meanwhile are dropped. */
  add(rows: readonly UsageRow[]): void {
    const counts = ['requests', 'billed', 'sent', 'received', 'kib_hours'];
    const sql = `INSERT INTO usage (channel, month, operation, ${counts.join(', ')})
      SELECT id, ?, ?, ?, ?, ?, ?, ? FROM channels WHERE id = ?
      ON CONFLICT (channel, month, operation) DO UPDATE SET
        ${counts.map((count) => `${count} = min(${count} + excluded.${count}, ${most})`).join(', ')}`;
    this.#db.transaction(() => {
      for (const { channel, month, operation, requests, billed, sent, received, kibHours } of rows) {
        const added = [requests, billed, sent, received, Math.ceil(kibHours)].map((count) => Math.min(count, most));
        this.#db.run(sql, month, numberOf(operation), ...added, channel);
      }
    });
  }

  /** In the order of the list of operations, `other` first. */
  of(channel: number, month: number): OperationUse[] {
    const sql = 'SELECT * FROM usage WHERE channel = ? AND month = ? ORDER BY operation';
    return this.#db.all(sql, channel, month).map((row) => ({
      operation: operations[row.int('operation')] ?? 'other',
      requests: row.int('requests'),
      billed: row.int('billed'),
      sent: row.int('sent'),
      received: row.int('received'),
      kibHours: row.int('kib_hours'),
    }));
  }
}

function numberOf(operation: string): number {
  return Math.max(0, operations.indexOf(operation));
}
