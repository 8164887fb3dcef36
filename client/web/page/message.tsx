/** One entry of the history. */
import { memo, type ReactNode } from 'react';
import { clock, size } from '../../ui/format.ts';
import type { ApiEntry, ApiMessageState } from '../api.ts';
import { urlOf } from './browser/server.ts';
import { Icon, type IconName } from './parts/icon.tsx';
import { Prose, Text } from './parts/text.tsx';
import { deliveryWords, spanWords, timeLeft } from './words.ts';

interface MessageProps {
  readonly entry: ApiEntry;
  readonly isContinued: boolean;
}

export const Message = memo(({ entry, isContinued }: MessageProps): ReactNode => {
  if (entry.event === 'notice') {
    return (
      <li id={`row-${entry.row}`} className="notice">
        <Text text={entry.text} />
      </li>
    );
  }
  const isMine = entry.receivedAt === null;
  const classes = ['entry', isMine ? 'mine' : 'theirs', ...(isContinued ? ['continued'] : [])];
  return (
    <li id={`row-${entry.row}`} className={classes.join(' ')}>
      <div className="bubble">
        <span className="unseen">{isMine ? 'You' : <Text text={entry.from} />}: </span>
        {entry.event === 'file' ? <FileCard entry={entry} /> : <Prose text={entry.text} />}
        <span className="meta">
          {entry.timer !== undefined && (
            <span title={`Goes away ${spanWords(entry.timer)} after it was seen`}>
              <Icon name="clock" label={`goes away ${spanWords(entry.timer)} after it was seen`} />
            </span>
          )}
          <time dateTime={entry.sentAt} title={new Date(entry.sentAt).toLocaleString()}>
            {clock(Date.parse(entry.sentAt))}
          </time>
          {isMine && entry.state && <Delivery state={entry.state} />}
        </span>
      </div>
    </li>
  );
});

const deliveryIcons: Readonly<Record<ApiMessageState, IconName>> = {
  queued: 'clock',
  sent: 'check',
  delivered: 'checks',
};

function Delivery({ state }: { readonly state: ApiMessageState }): ReactNode {
  return (
    <span className={`delivery ${state}`} title={deliveryWords(state)}>
      <Icon name={deliveryIcons[state]} label={state} />
    </span>
  );
}

function FileCard({ entry }: { readonly entry: Extract<ApiEntry, { event: 'file' }> }): ReactNode {
  const left = timeLeft(entry.expiresAt, Date.now());
  const canFetch = entry.receivedAt !== null && left !== 'expired';
  return (
    <div className="file">
      <Icon name="file" />
      <div>
        <p className="file-name">
          <Text text={entry.name} />
        </p>
        <p className="hint">
          {size(entry.size)} · {left}
        </p>
      </div>
      {canFetch && (
        <a className="button" href={urlOf(`files/${encodeURIComponent(entry.id)}`)} download>
          <Icon name="download" /> Download
          <span className="unseen">
            {' '}
            <Text text={entry.name} />
          </span>
        </a>
      )}
    </div>
  );
}
