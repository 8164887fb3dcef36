/** What people said in a channel: its history without the notices. */
import type { FileEvent, MessageEvent, Messenger } from '../../client/messenger/index.ts';

export function said(messenger: Messenger, channel: string, last?: number): (MessageEvent | FileEvent)[] {
  return [...messenger.history(channel, last)].filter((event) => event.type !== 'notice');
}

/** The texts of messages and the names of files. */
export function wordsOf(messenger: Messenger, channel: string): string[] {
  return said(messenger, channel).map((event) => (event.type === 'message' ? event.text : event.name));
}
