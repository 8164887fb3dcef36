/** The channels, the newest talk first. */
import { type KeyboardEvent, type ReactNode, useRef } from 'react';
import type { ApiChannel } from '../api.ts';
import type { DialogName } from './app.tsx';
import { usePage, useSession } from './hooks.ts';
import { Avatar } from './parts/avatar.tsx';
import { Icon } from './parts/icon.tsx';
import { Text } from './parts/text.tsx';
import { roster } from './state/state.ts';
import { shortTime } from './words.ts';

export function Roster({ onDialog }: { readonly onDialog: (name: DialogName) => void }): ReactNode {
  const channels = usePage((state) => state.channels);
  const owner = usePage((state) => state.owner);
  const isConnecting = usePage(({ link }) => link === 'connecting');
  return (
    <nav className="roster" aria-label="Channels">
      <header>
        <p className="title">
          btr <span className="owner">{owner !== '' && <Text text={owner} most={60} />}</span>
        </p>
        <button type="button" className="quiet" onClick={() => onDialog('help')}>
          <Icon name="help" label="Keyboard and help" />
        </button>
        <button type="button" className="quiet" onClick={() => onDialog('settings')}>
          <Icon name="settings" label="Settings" />
        </button>
      </header>
      {channels.length === 0 ? (
        <p className="empty">{isConnecting ? 'Opening…' : 'Nobody here yet. Invite somebody, or join by an invite.'}</p>
      ) : (
        <List channels={channels} />
      )}
      <footer>
        <p className="count">
          {channels.length} {channels.length === 1 ? 'channel' : 'channels'}
        </p>
        <button type="button" onClick={() => onDialog('invite')}>
          <Icon name="plus" /> Invite
        </button>
        <button type="button" onClick={() => onDialog('join')}>
          Join
        </button>
      </footer>
    </nav>
  );
}

/** One of its buttons is in the tab order; the arrows move among them. */
function List({ channels }: { readonly channels: readonly ApiChannel[] }): ReactNode {
  const session = useSession();
  const current = usePage((state) => state.current);
  const list = useRef<HTMLUListElement>(null);
  const move = (event: KeyboardEvent) => {
    const buttons = [...(list.current?.querySelectorAll('button') ?? [])];
    const at = buttons.findIndex((button) => button.matches(':focus'));
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: buttons.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    buttons[Math.max(0, Math.min(buttons.length - 1, to))]?.focus();
  };
  const sorted = roster(channels);
  const first = current ?? sorted[0]?.name;
  return (
    <ul ref={list} onKeyDown={move}>
      {sorted.map((channel) => (
        <li key={channel.name}>
          <button
            type="button"
            className="channel"
            aria-current={channel.name === current ? 'page' : undefined}
            tabIndex={channel.name === first ? 0 : -1}
            onClick={() => session.open(channel.name)}
          >
            <Entry channel={channel} />
          </button>
        </li>
      ))}
    </ul>
  );
}

function Entry({ channel }: { readonly channel: ApiChannel }): ReactNode {
  const { name, last, unread, pairing } = channel;
  return (
    <>
      <Avatar name={name} />
      <span className="channel-name">
        <Text text={name} />
        {pairing?.changed && <Icon name="warn" label="somebody with another identity wrote" />}
        {pairing?.verified && !pairing.changed && <Icon name="shield" label="verified" />}
      </span>
      {last && <time dateTime={last.at}>{shortTime(last.at, new Date())}</time>}
      <span className="channel-last">
        {last ? <Text text={last.text} most={120} /> : pairing?.paired === false ? 'Not joined yet' : 'No messages yet'}
      </span>
      {unread > 0 && (
        <span className="badge">
          {unread > 999 ? '999+' : unread}
          <span className="unseen"> unread</span>
        </span>
      )}
    </>
  );
}
