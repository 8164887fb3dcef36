/** The page as a whole: what is beside what, and which dialog is open. */
import { type ReactNode, useEffect, useState } from 'react';
import { Banner } from './banner.tsx';
import { Conversation } from './conversation.tsx';
import { ChannelDialog } from './dialogs/channel.tsx';
import { FilesDialog } from './dialogs/files.tsx';
import { HelpDialog } from './dialogs/help.tsx';
import { InviteDialog } from './dialogs/invite.tsx';
import { JoinDialog } from './dialogs/join.tsx';
import { SettingsDialog } from './dialogs/settings.tsx';
import { VerifyDialog } from './dialogs/verify.tsx';
import { usePage, useSession } from './hooks.ts';
import { Remarks } from './remarks.tsx';
import { Roster } from './roster.tsx';
import { currentChannel, roster, unreadCount } from './state/state.ts';

/** `reinvite`: to the channel on view. */
export type DialogName = 'invite' | 'reinvite' | 'join' | 'verify' | 'channel' | 'files' | 'settings' | 'help';

export function App(): ReactNode {
  const [dialog, setDialog] = useState<DialogName>();
  const [isSearching, setSearching] = useState(false);
  const isEmpty = usePage(({ current }) => current === undefined);
  const unread = usePage(unreadCount);
  const spoken = usePage((state) => state.spoken);
  const isEnded = usePage(({ link }) => link === 'ended');
  useKeys(setDialog, setSearching);
  useEffect(() => {
    document.title = unread > 0 ? `(${unread}) btr` : 'btr';
  }, [unread]);
  return (
    <>
      {!isEmpty && (
        <a className="skip" href="#composer">
          Skip to writing
        </a>
      )}
      {/* Not in the roster, which a phone hides. */}
      <header className="unseen">
        <h1>btr</h1>
      </header>
      <Banner />
      <div className={isEmpty ? 'layout roster-on-view' : 'layout'} inert={isEnded}>
        <Roster onDialog={setDialog} />
        <Conversation onDialog={setDialog} isSearching={isSearching} onSearch={setSearching} />
      </div>
      <Remarks />
      <div className="unseen" aria-live="polite">
        {spoken}
      </div>
      <OpenDialog name={dialog} onClose={() => setDialog(undefined)} onDialog={setDialog} />
    </>
  );
}

interface OpenDialogProps {
  readonly name: DialogName | undefined;
  readonly onClose: () => void;
  readonly onDialog: (name: DialogName) => void;
}

function OpenDialog({ name, onClose, onDialog }: OpenDialogProps): ReactNode {
  const channel = usePage(currentChannel);
  if (name === 'settings') return <SettingsDialog onClose={onClose} />;
  if (name === 'help') return <HelpDialog onClose={onClose} />;
  if (name === 'join') return <JoinDialog onClose={onClose} />;
  if (name === 'invite') return <InviteDialog onClose={onClose} />;
  if (name === undefined || !channel) return null;
  if (name === 'reinvite') return <InviteDialog channel={channel} onClose={onClose} />;
  if (name === 'verify') return <VerifyDialog channel={channel} onClose={onClose} />;
  if (name === 'files') return <FilesDialog channel={channel} onClose={onClose} />;
  return <ChannelDialog channel={channel} onClose={onClose} onInvite={() => onDialog('reinvite')} />;
}

/** Shortcuts that hold everywhere: help.tsx lists them. */
function useKeys(setDialog: (name: DialogName) => void, setSearching: (isSearching: boolean) => void): void {
  const session = useSession();
  useEffect(() => {
    const step = (by: number) => {
      const { current } = session.store.state;
      const channels = roster(session.store.state.channels);
      const index = channels.findIndex(({ name }) => name === current);
      const next = channels.at((index + by) % channels.length);
      if (next) session.open(next.name);
    };
    const act = (event: KeyboardEvent): boolean => {
      if (document.querySelector('dialog[open]')) return false;
      if (event.altKey && event.key === 'ArrowDown') step(1);
      else if (event.altKey && event.key === 'ArrowUp') step(-1);
      else if ((event.ctrlKey || event.metaKey) && event.key === 'k') setSearching(true);
      else if ((event.ctrlKey || event.metaKey) && event.key === '/') setDialog('help');
      else return false;
      return true;
    };
    const hear = (event: KeyboardEvent) => {
      if (act(event)) event.preventDefault();
    };
    addEventListener('keydown', hear);
    return () => removeEventListener('keydown', hear);
  }, [session, setDialog, setSearching]);
}
