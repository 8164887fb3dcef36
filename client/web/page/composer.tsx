/** Where one writes: Enter sends, Shift and Enter begin a new line; files by button, paste or drop. */
import { type ClipboardEvent, type KeyboardEvent, type ReactNode, useEffect, useLayoutEffect, useRef } from 'react';
import type { ApiChannel } from '../api.ts';
import { usePage, useSession } from './hooks.ts';
import { Icon } from './parts/icon.tsx';

export function Composer({ channel: { name, files } }: { readonly channel: ApiChannel }): ReactNode {
  const session = useSession();
  const draft = usePage(({ drafts }) => drafts[name] ?? '');
  const field = useRef<HTMLTextAreaElement>(null);
  const picker = useRef<HTMLInputElement>(null);
  const write = (text: string) => session.store.dispatch({ type: 'draft', channel: name, text });

  const send = async () => {
    if (draft.trim() === '') return;
    write('');
    const isSent = await session.send(name, draft);
    if (isSent) return;
    const since = session.store.state.drafts[name] ?? '';
    write(since === '' ? draft : `${draft}\n${since}`);
  };
  const press = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    void send();
  };
  const paste = (event: ClipboardEvent) => {
    const pasted = [...event.clipboardData.files];
    if (pasted.length === 0 || !files) return;
    event.preventDefault();
    session.uploads.add(name, pasted);
  };
  useEffect(() => {
    if (matchMedia('(min-width: 46rem)').matches) field.current?.focus();
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the text decides the height
  useLayoutEffect(() => {
    const { current } = field;
    if (!current) return;
    current.style.height = 'auto';
    current.style.height = `${current.scrollHeight}px`;
  }, [draft]);
  return (
    <form
      className="composer"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      {files && (
        <>
          <input
            ref={picker}
            type="file"
            multiple
            hidden
            onChange={({ target }) => {
              session.uploads.add(name, [...(target.files ?? [])]);
              target.value = '';
            }}
          />
          <button type="button" className="quiet" onClick={() => picker.current?.click()}>
            <Icon name="attach" label="Send files" />
          </button>
        </>
      )}
      <textarea
        id="composer"
        ref={field}
        rows={1}
        dir="auto"
        value={draft}
        placeholder="Write a message"
        aria-label="Message"
        aria-describedby="composer-help"
        onChange={({ target }) => write(target.value)}
        onKeyDown={press}
        onPaste={paste}
      />
      <span id="composer-help" className="unseen">
        Enter sends, Shift and Enter begin a new line.
      </span>
      <button type="submit" className="primary round" disabled={draft.trim() === ''}>
        <Icon name="send" label="Send" />
      </button>
    </form>
  );
}
