/** The safety number: the same on both sides, if nobody is between. */
import { type ReactNode, useState } from 'react';
import type { ApiChannel, Verification } from '../../api.ts';
import { inChannel, post, problemOf } from '../browser/server.ts';
import { useAnswer } from '../hooks.ts';
import { Dialog, Problem } from '../parts/dialog.tsx';
import { Icon } from '../parts/icon.tsx';
import { Qr } from '../parts/qr.tsx';
import { groups } from '../words.ts';

interface VerifyDialogProps {
  readonly channel: ApiChannel;
  readonly onClose: () => void;
}

export function VerifyDialog({ channel: { name }, onClose }: VerifyDialogProps): ReactNode {
  const path = inChannel(name, 'verification');
  const { value, problem, reload } = useAnswer<Verification>(path);
  const [failure, setFailure] = useState<ReturnType<typeof problemOf>>();
  const mark = async (digits: string, verified: boolean) => {
    try {
      await post<Verification>(path, { digits, verified });
      setFailure(undefined);
      reload();
    } catch (error) {
      setFailure(problemOf(error));
    }
  };
  return (
    <Dialog title={`Safety number with ${name}`} onClose={onClose}>
      {value && <SafetyNumber verification={value} name={name} onMark={mark} />}
      <Problem text={failure?.text ?? problem} hint={failure?.hint} />
    </Dialog>
  );
}

interface NumberProps {
  readonly verification: Verification;
  readonly name: string;
  readonly onMark: (digits: string, verified: boolean) => void;
}

function SafetyNumber({ verification, name, onMark }: NumberProps): ReactNode {
  const { digits, words, qr, verified, changed } = verification;
  return (
    <>
      {changed && (
        <p className="alarm">
          <Icon name="warn" /> Somebody with another identity wrote in this channel. Ask {name} by another way: is it
          the same person with the same home? Marking the number as verified keeps the identity you know. For a new
          home, make a new invite in the channel’s settings.
        </p>
      )}
      <p>Compare it with {name}’s, face to face or by voice. The same on both sides: nobody is between you.</p>
      <div className="safety">
        <p className="digits">
          {groups(digits).map((group, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: groups never change places
            <span key={index}>{group} </span>
          ))}
        </p>
        <Qr code={qr} label={`Safety number with ${name} as a QR code`} />
      </div>
      <details>
        <summary>In words</summary>
        <p className="safety-words">{words.join(' ')}</p>
      </details>
      <p role="status" className={verified ? 'state-good' : 'hint'}>
        {verified ? (
          <>
            <Icon name="shield" /> You have verified {name}.
          </>
        ) : (
          'Not verified yet.'
        )}
      </p>
      <div className="actions">
        {verified && !changed ? (
          <button type="button" onClick={() => onMark(digits, false)}>
            Not verified after all
          </button>
        ) : (
          <button type="button" className="primary" onClick={() => onMark(digits, true)}>
            They are the same: mark as verified
          </button>
        )}
      </div>
    </>
  );
}
