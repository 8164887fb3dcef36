import { type ReactNode, useState } from 'react';
import { Icon } from './icon.tsx';

/** Puts a text on the clipboard, and says so. */
export function Copy({ text, label }: { readonly text: string; readonly label: string }): ReactNode {
  const [outcome, setOutcome] = useState<string>();
  const copy = () => {
    navigator.clipboard.writeText(text).then(
      () => setOutcome('Copied'),
      () => setOutcome('Not copied: select it and copy by hand'),
    );
  };
  return (
    <button type="button" onClick={copy}>
      <Icon name={outcome === 'Copied' ? 'check' : 'copy'} />
      <span aria-live="polite">{outcome ?? label}</span>
    </button>
  );
}
