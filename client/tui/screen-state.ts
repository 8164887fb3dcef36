/** From what the chat keeps to what the screen shows. */
import type { Conversations, Messenger } from '../messenger/index.ts';
import type { ScreenState } from './frame.ts';
import type { Rooms } from './rooms.ts';
import { channelViews, invitation, statusWords } from './state-words.ts';
import type { Charset } from './text.ts';

export interface ChatOptions {
  readonly messenger: Messenger;
  readonly conversations: Conversations;
  /** The one to begin with. */
  readonly channel: string;
  readonly charset: Charset;
  /** Ends what is under way. */
  readonly signal: AbortSignal;
}

export function screenState(
  { messenger, conversations, charset }: ChatOptions,
  rooms: Rooms,
  current: string,
  choices: readonly string[],
): ScreenState {
  const { timeline, composer } = rooms.get(current);
  const channels = channelViews(messenger);
  const running = conversations.transfers.list().filter(({ state }) => state === 'running');
  return {
    channels,
    current,
    timeline,
    composer,
    invitation: invitation(current),
    transfers: running.filter(({ channel }) => channel === current),
    choices,
    status: statusWords(messenger, current, {
      health: rooms.health(current),
      below: timeline.below,
      elsewhere: channels.filter(({ name, unread }) => name !== current && unread > 0).length,
    }),
    charset,
  };
}
