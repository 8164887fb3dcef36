/** Search in a channel's history: what is found leads to its place. */
import { type ReactNode, useDeferredValue, useEffect, useRef, useState } from 'react';
import { day } from '../../ui/format.ts';
import type { ApiChannel, ApiEntry, Entries } from '../api.ts';
import { get, inChannel } from './browser/server.ts';
import { useAnswer, useFocusBack, useSession } from './hooks.ts';
import { Icon } from './parts/icon.tsx';
import { Text } from './parts/text.tsx';
import { around } from './words.ts';

interface SearchProps {
  readonly channel: ApiChannel;
  readonly onClose: () => void;
}

export function Search({ channel, onClose }: SearchProps): ReactNode {
  const [text, setText] = useState('');
  const asked = useDeferredValue(text.trim());
  const field = useRef<HTMLInputElement>(null);
  useFocusBack();
  useEffect(() => field.current?.focus(), []);
  return (
    <search className="search">
      <div className="search-field">
        <Icon name="search" />
        <input
          ref={field}
          type="search"
          aria-label="Search in this channel"
          placeholder="Search in this channel"
          value={text}
          onChange={({ target }) => setText(target.value)}
          onKeyDown={({ key }) => key === 'Escape' && onClose()}
        />
        <button type="button" className="quiet" onClick={onClose}>
          <Icon name="close" label="Close the search" />
        </button>
      </div>
      {asked !== '' && <Found key={`${channel.name} ${asked}`} channel={channel} text={asked} onClose={onClose} />}
    </search>
  );
}

function Found({ channel, text, onClose }: SearchProps & { readonly text: string }): ReactNode {
  const session = useSession();
  const path = inChannel(channel.name, `search?q=${encodeURIComponent(text)}`);
  const { value, problem } = useAnswer<Entries>(path);
  const [older, setOlder] = useState<Entries>();
  const entries = [...(value?.entries ?? []), ...(older?.entries ?? [])];
  const oldest = entries.at(-1);
  const more = () =>
    session.try(async () => {
      const page = await get<Entries>(`${path}&before=${oldest?.row}`);
      setOlder((before) => ({ entries: [...(before?.entries ?? []), ...page.entries], more: page.more }));
    });
  const go = (row: number) => {
    session.jump(row);
    onClose();
  };
  return (
    <div className="found-list">
      <p role="status" className="hint">
        {problem ?? (value ? `${entries.length}${(older ?? value).more ? ' or more' : ''} found` : 'Searching…')}
      </p>
      <ul>
        {entries.map((entry) => (
          <li key={entry.row}>
            <button type="button" className="found-entry" onClick={() => go(entry.row)}>
              <FoundEntry entry={entry} text={text} />
            </button>
          </li>
        ))}
      </ul>
      {(older ?? value)?.more && (
        <button type="button" onClick={more}>
          Older ones
        </button>
      )}
    </div>
  );
}

function FoundEntry({ entry, text }: { readonly entry: ApiEntry; readonly text: string }): ReactNode {
  if (entry.event === 'notice') return <Text text={entry.text} most={160} />;
  return (
    <>
      <span className="hint">
        {entry.receivedAt === null ? 'You' : <Text text={entry.from} most={40} />}, {day(Date.parse(entry.sentAt))}
      </span>
      <Text text={around(entry.event === 'file' ? entry.name : entry.text, text)} most={200} />
    </>
  );
}
