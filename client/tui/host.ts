/** What commands work on in the chat that fills the screen. */
import { UsageError } from '../errors.ts';
import type { Conversations, FileInfo, Messenger, TransferInfo } from '../messenger/index.ts';
import type { ChatHost } from '../ui/commands.ts';
import { swappedWords, takeOtherRole } from '../ui/swap.ts';
import { visible } from '../ui/visible.ts';
import type { Tone } from './lines.ts';
import type { Rooms } from './rooms.ts';

export interface ScreenHostOptions extends Pick<ChatHost, 'messenger' | 'signal'> {
  readonly conversations: Conversations;
  readonly rooms: Rooms;
  /** The one that is current now, whatever is shown when a command is done. */
  readonly channel: string;
  readonly note: (text: string, tone: Tone, channel: string) => void;
  readonly switchTo: (channel: string) => void;
}

export function screenHost(options: ScreenHostOptions): ChatHost {
  const { messenger, conversations, rooms, channel, signal, note, switchTo } = options;
  const say = (text: string) => note(text, 'dim', channel);
  const tell = (transfer: TransferInfo) => note(transferWords(transfer), transfer.error ? 'warning' : 'dim', channel);
  return {
    messenger,
    channel,
    signal,
    say,
    setDebug: (debug) => {
      rooms.tellsStates = debug;
    },
    setHealth: (isWell) => rooms.setHealth(channel, isWell ? 'well' : 'in trouble'),
    switchTo,
    deliver: () => conversations.deliver(channel),
    swap: async () => {
      say(swappedWords(await takeOtherRole(messenger, channel, signal)));
      conversations.refresh();
      conversations.deliver(channel);
    },
    sendFile: async (path) => tell(await conversations.transfers.send(channel, { path }).ended),
    getFile: async (id, out) => {
      const file = receivedFile(messenger, channel, id);
      const { targetAt } = await import('../messenger/index.ts');
      tell(await conversations.transfers.fetch(file, await targetAt(out)).ended);
    },
  };
}

/** @throws UsageError: none has such an id, or more than one. */
function receivedFile(messenger: Messenger, channel: string, id: string): FileInfo {
  const received = messenger.files(channel).filter(({ outgoing }) => !outgoing);
  const found = received.filter((file) => file.id.startsWith(id.toLowerCase()));
  const [file] = found;
  if (file && found.length === 1) return file;
  const which = file ? 'More than one file has' : `No file from ${channel} has`;
  throw new UsageError(`${which} an id that begins with ${id}.`, {
    code: 'no-such-file',
    hint: '/files lists them.',
  });
}

function transferWords({ direction, state, name, file, path, error }: TransferInfo): string {
  if (error) return visible(`${error.text} ${error.hint ?? ''}`.trim());
  if (state === 'cancelled') return `${visible(name)}: cancelled`;
  if (direction === 'in') return `Saved as ${visible(path ?? '')}`;
  return `${visible(name)} is sent, id ${file?.slice(0, 8)}`;
}
