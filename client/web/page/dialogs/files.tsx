/** All files of a channel: to fetch, or to take back. */
import type { ReactNode } from 'react';
import { day, size } from '../../../ui/format.ts';
import type { ApiChannel, ApiFile } from '../../api.ts';
import { inChannel, post, urlOf } from '../browser/server.ts';
import { useAnswer, useSession } from '../hooks.ts';
import { Dialog, Problem } from '../parts/dialog.tsx';
import { Text } from '../parts/text.tsx';
import { timeLeft } from '../words.ts';

interface FilesDialogProps {
  readonly channel: ApiChannel;
  readonly onClose: () => void;
}

export function FilesDialog({ channel: { name }, onClose }: FilesDialogProps): ReactNode {
  const session = useSession();
  const { value, problem, reload } = useAnswer<{ files: readonly ApiFile[] }>(inChannel(name, 'files'));
  const recall = async (id: string) => {
    if (await session.try(() => post(`files/${encodeURIComponent(id)}/recall`))) session.say('The file is taken back.');
    reload();
  };
  return (
    <Dialog title={`Files with ${name}`} onClose={onClose}>
      <Problem text={problem} />
      {value?.files.length === 0 && <p className="empty">No files yet. Drop one on the page to send it.</p>}
      <ul className="file-list">
        {value?.files.map((file) => (
          <OneFile key={file.id} file={file} onRecall={recall} />
        ))}
      </ul>
    </Dialog>
  );
}

interface OneFileProps {
  readonly file: ApiFile;
  readonly onRecall: (id: string) => void;
}

function OneFile({ file: { id, name, outgoing, size: bytes, at, expiresAt, burn, state }, onRecall }: OneFileProps) {
  const left = timeLeft(expiresAt, Date.now());
  const canRecall = outgoing && ['waiting', 'left-behind'].includes(state) && left !== 'expired';
  const canFetch = !outgoing && (state === 'waiting' || (state === 'fetched' && !burn)) && left !== 'expired';
  const label = (
    <span className="unseen">
      {' '}
      <Text text={name} />
    </span>
  );
  return (
    <li>
      <div>
        <p className="file-name">
          <Text text={name} />
        </p>
        <p className="hint">
          {outgoing ? 'Sent' : 'Received'} {day(Date.parse(at))} · {size(bytes)} · {state} · {left}
          {burn && ' · gone once it is fetched'}
        </p>
      </div>
      {canRecall && (
        <button type="button" onClick={() => onRecall(id)}>
          Take back{label}
        </button>
      )}
      {canFetch && (
        <a className="button" href={urlOf(`files/${encodeURIComponent(id)}`)} download>
          Download{label}
        </a>
      )}
    </li>
  );
}
