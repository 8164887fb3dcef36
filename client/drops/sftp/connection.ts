/** The connection of one drop: opened by the first call, and anew by the first after it was lost. */
import { dropClosed } from '../closed.ts';
import { type SftpAddress, uriOf } from './address.ts';
import { openSession, type Session } from './session.ts';

export class Connection {
  readonly address: SftpAddress;
  readonly name: string;
  readonly #closing = new AbortController();
  #session: Promise<Session> | undefined;

  constructor(address: SftpAddress) {
    this.address = address;
    this.name = uriOf(address);
  }

  /** @throws BtrError. */
  async session(): Promise<Session> {
    const present = this.#session;
    if (present !== undefined) {
      const session = await present;
      if (!session.isLost) return session;
      if (this.#session === present) this.#session = undefined;
    }
    this.#session ??= this.#open();
    return this.#session;
  }

  #open(): Promise<Session> {
    const opening = openSession(this.address, this.#closing.signal);
    opening.catch(() => {
      if (this.#session === opening) this.#session = undefined;
    });
    return opening;
  }

  async close(): Promise<void> {
    this.#closing.abort(dropClosed());
    const session = await this.#session?.catch(() => undefined);
    await session?.end();
  }
}
