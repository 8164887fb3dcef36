/** Files on their way, in both directions, above the composer. */
import type { ReactNode } from 'react';
import { size } from '../../ui/format.ts';
import type { ApiChannel, ApiTransfer } from '../api.ts';
import { usePage, useSession } from './hooks.ts';
import { Icon } from './parts/icon.tsx';
import { Text } from './parts/text.tsx';
import type { Waiting } from './state/state.ts';

export function Transfers({ channel }: { readonly channel: ApiChannel }): ReactNode {
  const transfers = usePage((state) => state.transfers);
  const hidden = usePage((state) => state.hidden);
  const waiting = usePage((state) => state.waiting);
  const shown = transfers.filter(
    (one) => one.channel === channel.name && one.state !== 'done' && !hidden.includes(one.id),
  );
  const queued = waiting.filter((one) => one.channel === channel.name);
  if (shown.length + queued.length === 0) return null;
  return (
    <ul className="transfers" aria-label="Files on their way">
      {shown.map((transfer) => (
        <OneTransfer key={transfer.id} transfer={transfer} />
      ))}
      {queued.map((entry) => (
        <OneWaiting key={`waiting-${entry.key}`} entry={entry} />
      ))}
    </ul>
  );
}

function OneTransfer({ transfer }: { readonly transfer: ApiTransfer }): ReactNode {
  const session = useSession();
  const { id, name, direction, done, total, state, error } = transfer;
  const isRunning = state === 'running';
  const verb = direction === 'out' ? 'Sending' : 'Fetching';
  return (
    <li>
      <p className="transfer-name">
        {isRunning ? verb : state === 'failed' ? 'Failed:' : 'Cancelled:'} <Text text={name} />
      </p>
      {isRunning ? (
        <>
          <progress
            className="transfer-progress"
            aria-label={`${verb} ${name}`}
            {...(total !== undefined && { max: Math.max(1, total), value: done })}
          />
          <span className="hint">{total === undefined ? size(done) : `${size(done)} of ${size(total)}`}</span>
        </>
      ) : (
        error && <p className="problem">{[error.text, error.hint].filter(Boolean).join(' ')}</p>
      )}
      <button
        type="button"
        className="quiet"
        onClick={() => (isRunning ? void session.cancel(id) : session.store.dispatch({ type: 'hide', transfer: id }))}
      >
        <Icon name="close" label={`${isRunning ? 'Cancel' : 'Dismiss'} ${name}`} />
      </button>
    </li>
  );
}

function OneWaiting({ entry: { key, name, size: bytes } }: { readonly entry: Waiting }): ReactNode {
  const { uploads } = useSession();
  return (
    <li>
      <p className="transfer-name">
        Waiting: <Text text={name} />
      </p>
      <span className="hint">{size(bytes)}</span>
      <button type="button" className="quiet" onClick={() => uploads.cancel(key)}>
        <Icon name="close" label={`Cancel ${name}`} />
      </button>
    </li>
  );
}
