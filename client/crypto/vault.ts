/**
 * Sealing at rest: every cell of the store that is not an id, a number, a size or a time.
 *
 *     cell = version (1) | nonce (12, random) | AES-256-GCM(text) | tag (16)
 *
 * Each table has its own key under the master key. Associated data names table, column, row and generation, so that a
 * cell put into another row, or an older one put back, does not open. A random nonce is safe for 2^32 cells a key
 * (NIST SP 800-38D section 8.3).
 */
import { createCipheriv, createDecipheriv, createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import { SecurityError } from '../errors.ts';
import { deriveKey } from './keys.ts';
import { RandomPool } from './random-pool.ts';

const version = 1;
const nonceBytes = 12;
const tagBytes = 16;

const nonces = new RandomPool(nonceBytes);

/** Where a cell stands. `generation` counts the versions of a cell that is written more than once. */
export interface Cell {
  readonly table: string;
  readonly column: string;
  readonly row: string | number;
  readonly generation?: number;
}

export class Vault {
  readonly #master: Uint8Array;
  readonly #keys = new Map<string, KeyObject>();

  /** @param master 32 bytes. */
  constructor(master: Uint8Array) {
    this.#master = master;
  }

  seal(cell: Cell, text: Uint8Array): Buffer {
    const nonce = nonces.take();
    const cipher = createCipheriv('aes-256-gcm', this.#key(cell.table), nonce).setAAD(associatedData(cell));
    const sealed = cipher.update(text);
    cipher.final();
    return Buffer.concat([Buffer.of(version), nonce, sealed, cipher.getAuthTag()]);
  }

  /** @throws SecurityError with code `store-altered`. */
  open(cell: Cell, sealed: Uint8Array): Buffer {
    if (sealed.length < 1 + nonceBytes + tagBytes || sealed[0] !== version) throw altered(cell);
    const nonce = sealed.subarray(1, 1 + nonceBytes);
    const decipher = createDecipheriv('aes-256-gcm', this.#key(cell.table), nonce, { authTagLength: tagBytes });
    decipher.setAAD(associatedData(cell)).setAuthTag(sealed.subarray(-tagBytes));
    const text = decipher.update(sealed.subarray(1 + nonceBytes, -tagBytes));
    try {
      decipher.final();
    } catch (cause) {
      throw altered(cell, cause);
    }
    return text;
  }

  sealJson(cell: Cell, value: unknown): Buffer {
    return this.seal(cell, Buffer.from(JSON.stringify(value)));
  }

  openJson(cell: Cell, sealed: Uint8Array): unknown {
    return JSON.parse(this.open(cell, sealed).toString());
  }

  /** The tag by which a row is found without its name being stored: HMAC-SHA-256 under a key of the table's own. */
  tag(table: string, name: string): Buffer {
    return createHmac('sha256', deriveKey(this.#master, `btr tag ${table}`))
      .update(name.normalize('NFC'))
      .digest();
  }

  #key(table: string): KeyObject {
    const known = this.#keys.get(table);
    if (known) return known;
    const key = createSecretKey(deriveKey(this.#master, `btr vault ${table}`));
    this.#keys.set(table, key);
    return key;
  }
}

function associatedData({ table, column, row, generation = 0 }: Cell): Buffer {
  return Buffer.from(`${version} ${table} ${column} ${row} ${generation}`);
}

function altered(cell: Cell, cause?: unknown): SecurityError {
  return new SecurityError(`The store was altered outside btr: ${cell.table}.${cell.column} does not open.`, {
    code: 'store-altered',
    hint: 'Put back a good copy of the home, or remove what was changed with btr wipe.',
    cause,
  });
}
