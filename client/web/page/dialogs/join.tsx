/** Joining by somebody's invite, with the PIN they told by voice. */
import { type FormEvent, type ReactNode, useState } from 'react';
import type { JoinRequest } from '../../api.ts';
import { post, problemOf, RequestError } from '../browser/server.ts';
import { useSession } from '../hooks.ts';
import { Dialog, Problem } from '../parts/dialog.tsx';
import { textOf } from './invite.tsx';

export function JoinDialog({ onClose }: { readonly onClose: () => void }): ReactNode {
  const session = useSession();
  const [problem, setProblem] = useState<ReturnType<typeof problemOf>>();
  const [reasons, setReasons] = useState<readonly string[]>([]);
  const [isBusy, setBusy] = useState(false);
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    setBusy(true);
    setProblem(undefined);
    try {
      const request = requestOf(new FormData(event.currentTarget), reasons.length > 0);
      const { channel } = await post<{ channel: string }>('join', request);
      onClose();
      session.open(channel);
    } catch (error) {
      const asked = error instanceof RequestError && error.status === 409 ? (error.error.reasons ?? []) : [];
      setReasons(asked);
      if (asked.length === 0) setProblem(problemOf(error));
      setBusy(false);
    }
  };
  return (
    <Dialog title="Join by an invite" onClose={onClose}>
      <form onSubmit={submit} className="fields">
        <label>
          Invite
          <textarea name="invite" className="secret" rows={4} required autoComplete="off" spellCheck={false} />
        </label>
        <label>
          PIN
          <input name="pin" required autoComplete="off" aria-describedby="pin-help" />
          <span id="pin-help" className="hint">
            Your buddy tells it by voice. There is one try: hear it twice.
          </span>
        </label>
        <label>
          What you call your buddy <span className="hint">(may stay empty)</span>
          <input name="name" autoComplete="off" maxLength={64} />
        </label>
        {reasons.length > 0 && <Reasons reasons={reasons} />}
        <Problem text={problem?.text} hint={problem?.hint} />
        <button type="submit" className="primary" disabled={isBusy}>
          {isBusy ? 'Joining…' : reasons.length > 0 ? 'Yes, join' : 'Join'}
        </button>
      </form>
    </Dialog>
  );
}

function Reasons({ reasons }: { readonly reasons: readonly string[] }): ReactNode {
  return (
    <div className="ask" role="alert">
      <p>The invite leads to a place that needs your yes:</p>
      <ul>
        {reasons.map((reason) => (
          <li key={reason}>{reason}</li>
        ))}
      </ul>
      <p>Say yes only if you expected that from your buddy.</p>
    </div>
  );
}

function requestOf(form: FormData, yes: boolean): JoinRequest {
  const name = textOf(form, 'name');
  return { invite: textOf(form, 'invite'), pin: textOf(form, 'pin'), yes, ...(name !== '' && { name }) };
}
