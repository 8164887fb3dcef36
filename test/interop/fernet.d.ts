/** The part of npm's `fernet` that the tests use; the package has no types of its own. */
declare module 'fernet' {
  export class Secret {
    /** @param key URL-safe base64 with its padding, of 32 bytes. */
    constructor(key: string);
  }
  export class Token {
    constructor(options: {
      secret: Secret;
      /** Seconds that a token is good for; 0: for ever. */
      ttl?: number;
      time?: Date;
      iv?: number[];
      token?: string;
    });
    encode(message: string): string;
    decode(token?: string): string;
  }
}
