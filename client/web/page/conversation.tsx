/** The channel on view: its head, its history, what is under way, and the composer. */
import { type DragEvent, type ReactNode, useState } from 'react';
import type { ApiChannel } from '../api.ts';
import type { DialogName } from './app.tsx';
import { Composer } from './composer.tsx';
import { History } from './history.tsx';
import { usePage, useSession } from './hooks.ts';
import { Icon } from './parts/icon.tsx';
import { Text } from './parts/text.tsx';
import { Search } from './search.tsx';
import { currentChannel } from './state/state.ts';
import { Transfers } from './transfers.tsx';

interface ConversationProps {
  readonly onDialog: (name: DialogName) => void;
  readonly isSearching: boolean;
  readonly onSearch: (isSearching: boolean) => void;
}

export function Conversation({ onDialog, isSearching, onSearch }: ConversationProps): ReactNode {
  const session = useSession();
  const channel = usePage(currentChannel);
  const [isOver, setOver] = useState(false);
  if (!channel) return <Nothing onDialog={onDialog} />;
  const takesFiles = (event: DragEvent) => channel.files && event.dataTransfer.types.includes('Files');
  const drop = (event: DragEvent) => {
    setOver(false);
    if (!event.dataTransfer.types.includes('Files')) return;
    event.preventDefault();
    if (channel.files) session.uploads.add(channel.name, [...event.dataTransfer.files]);
  };
  const over = (event: DragEvent) => {
    if (event.dataTransfer.types.includes('Files')) event.preventDefault();
    setOver(takesFiles(event));
  };
  return (
    <main
      className={isOver ? 'conversation file-over' : 'conversation'}
      onDragOver={over}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <Head channel={channel} onDialog={onDialog} onSearch={() => onSearch(!isSearching)} />
      {isSearching && <Search channel={channel} onClose={() => onSearch(false)} />}
      <History key={channel.name} channel={channel} />
      <Transfers channel={channel} />
      <Composer key={`composer-${channel.name}`} channel={channel} />
    </main>
  );
}

function Nothing({ onDialog }: Pick<ConversationProps, 'onDialog'>): ReactNode {
  const isConnecting = usePage(({ link }) => link === 'connecting');
  return (
    <main className="conversation nothing">
      {!isConnecting && (
        <div>
          <h2>Below the radar</h2>
          <p>Choose a channel, or open a new one. What you write is encrypted on this machine, for your buddy alone.</p>
          <p>
            <button type="button" className="primary" onClick={() => onDialog('invite')}>
              Invite somebody
            </button>{' '}
            <button type="button" onClick={() => onDialog('join')}>
              Join by an invite
            </button>
          </p>
        </div>
      )}
    </main>
  );
}

interface HeadProps {
  readonly channel: ApiChannel;
  readonly onDialog: (name: DialogName) => void;
  readonly onSearch: () => void;
}

function Head({ channel, onDialog, onSearch }: HeadProps): ReactNode {
  const session = useSession();
  const { name, pairing, suiteText, kept } = channel;
  return (
    <>
      <header className="head">
        <button type="button" className="quiet narrow-only" onClick={() => session.open(undefined)}>
          <Icon name="back" label="Back to the channels" />
        </button>
        <div className="head-text">
          <h2>
            <Text text={name} />
          </h2>
          <p>
            {pairing?.paired ? (pairing.verified ? 'Verified' : 'Not verified') : suiteText}
            {channel.timer !== undefined && ' · messages go away by themselves'}
          </p>
        </div>
        <button type="button" className="quiet" onClick={onSearch}>
          <Icon name="search" label="Search" />
        </button>
        <button type="button" className="quiet" onClick={() => onDialog('files')}>
          <Icon name="file" label="Files" />
        </button>
        {pairing?.paired && (
          <button type="button" className="quiet" onClick={() => onDialog('verify')}>
            <Icon name="shield" label="Safety number" />
          </button>
        )}
        <button type="button" className="quiet" onClick={() => onDialog('channel')}>
          <Icon name="more" label="Channel settings" />
        </button>
      </header>
      {pairing?.changed && (
        <p className="alarm" role="alert">
          <Icon name="warn" /> Somebody with another identity wrote here: nothing is sent until you decide.{' '}
          <button type="button" onClick={() => onDialog('verify')}>
            Look at it
          </button>
        </p>
      )}
      {kept !== undefined && !pairing?.changed && <Kept channel={channel} text={kept} onDialog={onDialog} />}
    </>
  );
}

/** Why what is written waits. Where an invite is what is missing, the page has a button for it. */
function Kept({ channel: { name, pairing }, text, onDialog }: Omit<HeadProps, 'onSearch'> & { readonly text: string }) {
  const canInvite = pairing && !['open', 'waiting', 'refused'].includes(pairing.state);
  if (!canInvite) return <p className="kept">{text}</p>;
  return (
    <p className="kept">
      What you write waits until <Text text={name} /> has joined.{' '}
      <button type="button" onClick={() => onDialog('reinvite')}>
        Make an invite
      </button>
    </p>
  );
}
