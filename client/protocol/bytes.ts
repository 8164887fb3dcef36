/**
 * The few wire types that everything of ours is encoded with, and their strict decoding: unsigned LEB128 varints in
 * their shortest form, fixed runs of bytes, and runs with a length before them.
 */
import { SecurityError } from '../errors.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** @throws TypeError where the bytes are not UTF-8. */
function decodeUtf8(bytes: Uint8Array): string {
  return utf8.decode(bytes);
}

export class ByteWriter {
  #buffer: Buffer;
  #length = 0;

  constructor(capacity = 256) {
    this.#buffer = Buffer.allocUnsafe(capacity);
  }

  get length(): number {
    return this.#length;
  }

  u8(value: number): this {
    this.#reserve(1);
    this.#buffer[this.#length++] = value;
    return this;
  }

  u32(value: number): this {
    this.#reserve(4);
    this.#length = this.#buffer.writeUInt32BE(value, this.#length);
    return this;
  }

  /** An integer from 0 to 2^53 - 1 as LEB128, seven bits a byte, low bits first. */
  varint(value: number): this {
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`not a varint: ${value}`);
    let rest = value;
    while (rest > 0x7f) {
      this.u8((rest % 0x80) | 0x80);
      rest = Math.floor(rest / 0x80);
    }
    return this.u8(rest);
  }

  /** Bytes whose length the reader knows. */
  fixed(bytes: Uint8Array): this {
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
    return this;
  }

  /** Bytes with their length before them. */
  bytes(bytes: Uint8Array): this {
    return this.varint(bytes.length).fixed(bytes);
  }

  text(text: string): this {
    return this.bytes(Buffer.from(text, 'utf8'));
  }

  /** What was written so far; the writer must not be used afterwards. */
  finish(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#length + count));
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }
}

/** Reads what ByteWriter wrote. Every method throws a SecurityError with code `malformed` where the bytes do not fit. */
export class ByteReader {
  readonly #bytes: Buffer;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get left(): number {
    return this.#bytes.length - this.#offset;
  }

  u8(): number {
    return this.fixed(1)[0] ?? 0;
  }

  u32(): number {
    return this.fixed(4).readUInt32BE();
  }

  varint(): number {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.u8();
      value += (byte & 0x7f) * scale;
      if (!Number.isSafeInteger(value)) throw malformed('a number is too large');
      if (byte < 0x80) {
        if (byte === 0 && scale > 1) throw malformed('a number is not in its shortest form');
        return value;
      }
      scale *= 0x80;
    }
  }

  /** A view of the next `count` bytes; it shares memory with what is read. */
  fixed(count: number): Buffer {
    if (count > this.left) throw malformed('it ends too early');
    this.#offset += count;
    return this.#bytes.subarray(this.#offset - count, this.#offset);
  }

  bytes(): Buffer {
    return this.fixed(this.varint());
  }

  text(): string {
    try {
      return decodeUtf8(this.bytes());
    } catch (error) {
      if (error instanceof TypeError) throw malformed('a text is not UTF-8');
      throw error;
    }
  }

  /** Everything that is left. */
  rest(): Buffer {
    return this.fixed(this.left);
  }

  /** @throws SecurityError where bytes are left over. */
  end(): void {
    if (this.left > 0) throw malformed('bytes are left over');
  }
}

export function malformed(what: string): SecurityError {
  return new SecurityError(`The content does not follow the protocol: ${what}.`, { code: 'malformed' });
}
