/** Opening a channel: where it goes over, then the invite and, apart from it, the PIN. */
import { type FormEvent, type ReactNode, useState } from 'react';
import { day } from '../../../ui/format.ts';
import type { ApiChannel, Invite, InviteRequest } from '../../api.ts';
import { post, problemOf } from '../browser/server.ts';
import { useSession } from '../hooks.ts';
import { Copy } from '../parts/copy.tsx';
import { Dialog, Problem } from '../parts/dialog.tsx';
import { Qr } from '../parts/qr.tsx';

interface InviteDialogProps {
  /** A channel that is there; absent: a new one. */
  readonly channel?: ApiChannel;
  readonly onClose: () => void;
}

export function InviteDialog({ channel, onClose }: InviteDialogProps): ReactNode {
  const [invite, setInvite] = useState<Invite>();
  const title = channel ? `Invite ${channel.name}` : 'Invite somebody';
  return (
    <Dialog title={title} onClose={onClose}>
      {invite ? <Made invite={invite} onClose={onClose} /> : <InviteForm channel={channel} onMade={setInvite} />}
    </Dialog>
  );
}

interface InviteFormProps {
  readonly channel: ApiChannel | undefined;
  readonly onMade: (invite: Invite) => void;
}

function InviteForm({ channel, onMade }: InviteFormProps): ReactNode {
  const [problem, setProblem] = useState<ReturnType<typeof problemOf>>();
  const [isBusy, setBusy] = useState(false);
  const isPaired = channel?.pairing?.paired === true;
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    setBusy(true);
    const form = new FormData(event.currentTarget);
    try {
      onMade(await post<Invite>('invites', await requestOf(form, channel)));
    } catch (error) {
      setProblem(problemOf(error));
      setBusy(false);
    }
  };
  return (
    <form onSubmit={submit} className="fields">
      {!channel && <NewChannel />}
      <label className="choice">
        <input type="checkbox" name="words" /> The PIN as two words rather than six digits
      </label>
      {isPaired && (
        <label className="choice">
          <input type="checkbox" name="replace" required /> {channel.name} has a new home: whoever joins takes the place
          of the identity I know
        </label>
      )}
      <Problem text={problem?.text} hint={problem?.hint} />
      <button type="submit" className="primary" disabled={isBusy}>
        {isBusy ? 'Making the invite…' : 'Make the invite'}
      </button>
    </form>
  );
}

function NewChannel(): ReactNode {
  const [way, setWay] = useState<'drop' | 'outputs'>('drop');
  return (
    <>
      <label>
        Your buddy’s name
        <input name="channel" required autoComplete="off" maxLength={64} />
      </label>
      <fieldset>
        <legend>Where it goes over</legend>
        <label className="choice">
          <input type="radio" name="way" checked={way === 'drop'} onChange={() => setWay('drop')} /> A drop’s address
        </label>
        <label className="choice">
          <input type="radio" name="way" checked={way === 'outputs'} onChange={() => setWay('outputs')} /> The file of a
          deployed stack
        </label>
        {way === 'drop' ? (
          <label>
            Drop
            <input name="drop" required autoComplete="off" spellCheck={false} placeholder="folder:/path or sftp://…" />
          </label>
        ) : (
          <label>
            Outputs file
            <input name="outputs" type="file" accept=".json,application/json" required />
          </label>
        )}
      </fieldset>
      <label>
        Your side of the drop
        <input name="as" required autoComplete="off" defaultValue="a" aria-describedby="as-help" />
        <span id="as-help" className="hint">
          a or b; for a deployed stack your name there
        </span>
      </label>
    </>
  );
}

async function requestOf(form: FormData, channel: ApiChannel | undefined): Promise<InviteRequest> {
  const words = form.has('words');
  if (channel) return { channel: channel.name, words, replace: form.has('replace') };
  const file = form.get('outputs');
  return {
    channel: textOf(form, 'channel'),
    as: textOf(form, 'as'),
    words,
    ...(file instanceof File ? { outputs: await file.text() } : { drop: textOf(form, 'drop') }),
  };
}

export function textOf(form: FormData, name: string): string {
  const value = form.get(name);
  return typeof value === 'string' ? value.trim() : '';
}

function Made({ invite, onClose }: { readonly invite: Invite; readonly onClose: () => void }): ReactNode {
  const session = useSession();
  const { channel, invite: text, pin, expiresAt, qr } = invite;
  const withdraw = async () => {
    if (await session.withdrawInvite(channel)) onClose();
  };
  return (
    <>
      <section aria-label="Invite">
        <h3>1. Give this to {channel}, by any way you like</h3>
        <textarea className="secret" readOnly rows={4} value={text} aria-label="Invite" />
        <div className="actions">
          <Copy text={text} label="Copy the invite" />
        </div>
        {qr && <Qr code={qr} label={`Invite for ${channel} as a QR code`} />}
      </section>
      <section aria-label="PIN" className="pin-card">
        <h3>2. Tell the PIN by voice</h3>
        <p className="pin">{pin}</p>
        <p className="hint">Never by the same way as the invite: whoever has both can join in {channel}’s place.</p>
      </section>
      <p className="hint">The invite is good until {day(Date.parse(expiresAt))}, for one person and one try.</p>
      <div className="actions">
        <button type="button" onClick={withdraw}>
          Withdraw the invite
        </button>
        <button type="button" className="primary" onClick={onClose}>
          Done
        </button>
      </div>
    </>
  );
}
