/** The parcels of a memory cloud: a map of keys, with uploads beside it. */
import { DropError } from '../../errors.ts';
import { parseParcelKey } from '../../protocol/parcel-key.ts';
import type { ByteRange, PartInput } from '../drop.ts';

interface Upload {
  readonly key: string;
  readonly parts: Map<number, { readonly receipt: string; readonly offset: number; readonly bytes: Buffer }>;
}

export class MemoryParcels {
  readonly #parcels = new Map<string, Buffer>();
  readonly #uploads = new Map<string, Upload>();
  /** Ticket of each upload that was completed. */
  readonly #completed = new Map<string, string>();
  #count = 0;

  create(key: string): string {
    checkKey(key);
    this.#count += 1;
    const ticket = `upload-${this.#count}`;
    this.#uploads.set(ticket, { key, parts: new Map() });
    return ticket;
  }

  putPart(key: string, ticket: string, part: PartInput): string {
    const bytes = Buffer.concat(part.pieces);
    this.#count += 1;
    const receipt = `part-${this.#count}`;
    this.#upload(key, ticket).parts.set(part.number, { receipt, offset: part.offset, bytes });
    return receipt;
  }

  /** `lost`: the parcel is gone at once, and nobody is told. */
  complete(key: string, ticket: string, receipts: readonly string[], lost: boolean): void {
    checkKey(key);
    if (this.#completed.get(ticket) === key) return;
    const { parts } = this.#upload(key, ticket);
    const whole: Buffer[] = [];
    let total = 0;
    for (const [index, receipt] of receipts.entries()) {
      const part = parts.get(index + 1);
      if (part?.receipt !== receipt || part.offset !== total) throw badReceipt(index + 1);
      whole.push(part.bytes);
      total += part.bytes.length;
    }
    this.#uploads.delete(ticket);
    this.#completed.set(ticket, key);
    if (!lost) this.#parcels.set(key, Buffer.concat(whole));
  }

  abort(key: string, ticket: string): void {
    checkKey(key);
    this.#uploads.delete(ticket);
  }

  read(key: string, range: ByteRange, now: number): Buffer {
    checkKey(key);
    this.#expire(now);
    const parcel = this.#parcels.get(key);
    if (parcel === undefined) {
      throw new DropError('The parcel is not in the drop.', {
        code: 'no-such-parcel',
        hint: 'Ask for it to be sent again.',
        retryable: false,
      });
    }
    return parcel.subarray(range.offset, range.offset + range.length);
  }

  remove(key: string): void {
    checkKey(key);
    this.#parcels.delete(key);
  }

  keys(now: number): string[] {
    this.#expire(now);
    return [...this.#parcels.keys()].sort();
  }

  tamper(key: string, change: (bytes: Uint8Array) => Uint8Array | undefined): void {
    const parcel = this.#parcels.get(key);
    if (parcel === undefined) return;
    const changed = change(Uint8Array.from(parcel));
    if (changed === undefined) this.#parcels.delete(key);
    else this.#parcels.set(key, Buffer.from(changed));
  }

  #expire(now: number): void {
    for (const key of this.#parcels.keys()) {
      if ((parseParcelKey(key)?.expiresAt ?? 0) <= now) this.#parcels.delete(key);
    }
  }

  #upload(key: string, ticket: string): Upload {
    checkKey(key);
    const upload = this.#uploads.get(ticket);
    if (upload?.key === key) return upload;
    throw new DropError('The upload is not in the drop any more.', {
      code: 'no-such-upload',
      hint: 'Send the file again.',
      retryable: false,
    });
  }
}

function checkKey(key: string): void {
  if (parseParcelKey(key) !== undefined) return;
  throw new DropError('This is not the key of a parcel.', { code: 'bad-parcel-key', retryable: false });
}

function badReceipt(number: number): DropError {
  return new DropError(`The receipt of part ${number} does not fit: a part is missing or out of order.`, {
    code: 'bad-receipts',
    hint: 'Send the file again.',
    retryable: false,
  });
}
