/** What a command of the chat is, and what it works on: the chat in lines and the one that fills the screen alike. */
import type { Messenger } from '../../messenger/index.ts';

/** A chat, as its commands see it. */
export interface ChatHost {
  readonly messenger: Messenger;
  /** The one that is talked in. */
  readonly channel: string;
  /** Ends what is under way. */
  readonly signal: AbortSignal;
  /** Shows lines of the chat's own. */
  say(text: string): void;
  /** Has what is queued sent. */
  deliver(): void;
  /** Turns into the other side. */
  swap(): Promise<void>;
  /** Whether to show what becomes of each message. */
  setDebug(debug: boolean): void;
  /** Hears how the channel's drops are, once they were looked at; only where that is shown. */
  readonly setHealth?: (isWell: boolean) => void;
  /** Sends a file or folder, and says so. @throws BtrError. */
  sendFile(path: string): Promise<void>;
  /** Fetches a file, and says where it is. @param out a folder or a free path. @throws BtrError. */
  getFile(id: string, out: string): Promise<void>;
  /** Goes to another channel; only where several are shown. */
  readonly switchTo?: (channel: string) => void;
}

export interface ChatCommand {
  readonly name: string;
  /** With its arguments: `/get ID [PATH]`. */
  readonly usage: string;
  readonly what: string;
  /** Whether this chat has it; absent: every chat. */
  readonly isFor?: (host: ChatHost) => boolean;
  /** Words that may stand in place of the last of `words`, which are those typed behind the name. */
  readonly complete?: (host: ChatHost, words: readonly string[]) => Promise<readonly string[]> | readonly string[];
  /** `quit` ends the chat. @param rest what stands behind the name, trimmed. @throws BtrError, which is said. */
  readonly run: (host: ChatHost, rest: string) => Promise<void> | void | 'quit';
}

/** Of these only the first word can be completed. */
export function firstWord(choices: (host: ChatHost) => Promise<readonly string[]> | readonly string[]) {
  return (host: ChatHost, words: readonly string[]) => (words.length === 1 ? choices(host) : []);
}
