/** A dialog of the browser's own: it keeps the focus, ends with Esc, and gives the focus back. */
import { type ReactNode, useEffect, useId, useRef } from 'react';
import { useFocusBack } from '../hooks.ts';
import { Icon } from './icon.tsx';

interface DialogProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

export function Dialog({ title, onClose, children }: DialogProps): ReactNode {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useFocusBack();
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  return (
    <dialog ref={dialog} aria-labelledby={id} onClose={onClose}>
      <header>
        <h2 id={id}>{title}</h2>
        <button type="button" className="quiet" onClick={() => dialog.current?.close()}>
          <Icon name="close" label="Close" />
        </button>
      </header>
      <div className="dialog-body">{children}</div>
    </dialog>
  );
}

/** What the server said against it. */
export function Problem({ text, hint }: { readonly text?: string | undefined; readonly hint?: string | undefined }) {
  return (
    <div role="alert">
      {text !== undefined && (
        <p className="problem">
          {text}
          {hint !== undefined && <span className="hint"> {hint}</span>}
        </p>
      )}
    </div>
  );
}
