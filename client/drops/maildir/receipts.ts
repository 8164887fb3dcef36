/** What `putPart` gives and `complete` wants back: which bytes of the parcel a part holds. */
import { DropError } from '../../errors.ts';

export interface Receipt {
  /** From 1. */
  readonly number: number;
  readonly offset: number;
  readonly length: number;
}

export function formatReceipt(receipt: Receipt): string {
  return `${receipt.number}-${receipt.offset}-${receipt.length}`;
}

/** @throws DropError `bad-receipts` unless they are those of all parts, in order and without a gap. */
export function totalBytes(receipts: readonly string[]): number {
  let total = 0;
  for (const [index, text] of receipts.entries()) {
    const [, number, offset, length] = /^(\d{1,8})-(\d{1,16})-(\d{1,16})$/.exec(text) ?? [];
    if (Number(number) !== index + 1 || Number(offset) !== total || length === undefined) {
      throw new DropError(`The receipt of part ${index + 1} does not fit: a part is missing or out of order.`, {
        code: 'bad-receipts',
        hint: 'Send the file again.',
        retryable: false,
      });
    }
    total += Number(length);
  }
  return total;
}
