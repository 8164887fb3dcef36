/** The history, scrolled: it stays where the person reads, follows the newest at the end, and loads more at its edges. */
import { type ReactNode, useEffect, useLayoutEffect, useMemo, useRef } from 'react';
import type { ApiChannel } from '../api.ts';
import { usePage, useSession } from './hooks.ts';
import { Message } from './message.tsx';
import { Icon } from './parts/icon.tsx';
import type { Session } from './session.ts';
import { rowsOf } from './state/rows.ts';

/** Pixels from an edge at which more is loaded, and from the end that still count as there. */
const near = 1200;
const atEnd = 40;

export function History({ channel }: { readonly channel: ApiChannel }): ReactNode {
  const session = useSession();
  const history = usePage((state) => state.history);
  const mark = usePage((state) => state.mark);
  const isAtEnd = usePage((state) => state.isAtEnd);
  const place = useRef<HTMLElement>(null);
  useScrolling(session, place);
  const rows = useMemo(() => rowsOf(history?.entries ?? [], mark, new Date()), [history, mark]);
  return (
    <div className="history-place">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a keyboard scrolls what has the focus */}
      <section className="history" ref={place} tabIndex={0} aria-label="Messages">
        {history && !history.before && <Beginning channel={channel} isEmpty={history.entries.length === 0} />}
        <ol>
          {rows.map((row) => {
            if (row.kind === 'day') {
              return (
                <li key={row.key} className="day">
                  <h3>{row.text}</h3>
                </li>
              );
            }
            if (row.kind === 'mark') {
              return (
                <li key={row.key} className="mark">
                  <span>New</span>
                </li>
              );
            }
            return <Message key={row.key} entry={row.entry} isContinued={row.isContinued} />;
          })}
        </ol>
      </section>
      {history && (!isAtEnd || history.after) && (
        <button type="button" className="to-newest" onClick={() => session.toNewest()}>
          <Icon name="down" /> {channel.unread > 0 ? `${channel.unread} new` : 'Newest'}
        </button>
      )}
    </div>
  );
}

function Beginning({ channel, isEmpty }: { readonly channel: ApiChannel; readonly isEmpty: boolean }): ReactNode {
  return (
    <div className="beginning">
      <p>{isEmpty ? 'Nothing here yet.' : 'Here it began.'}</p>
      <p>{channel.suiteText}</p>
    </div>
  );
}

/** After each change of the rows the place is put where it was; a row that is looked for comes into its middle. */
function useScrolling(session: Session, place: { readonly current: HTMLElement | null }): void {
  const anchor = useRef<{ readonly id: string; readonly top: number }>(undefined);
  const history = usePage((state) => state.history);
  const target = usePage((state) => state.target);
  const isAtEnd = usePage((state) => state.isAtEnd);

  // biome-ignore lint/correctness/useExhaustiveDependencies: what the rows are decides where the place stands
  useLayoutEffect(() => {
    const { current: element } = place;
    if (!element) return;
    if (session.store.state.isAtEnd && !history?.after) element.scrollTop = element.scrollHeight;
    else if (anchor.current) {
      const row = document.getElementById(anchor.current.id);
      if (row) element.scrollTop += row.offsetTop - element.scrollTop - anchor.current.top;
    }
  }, [history, isAtEnd, place, session]);

  useLayoutEffect(() => {
    const row = target && document.getElementById(`row-${target.row}`);
    if (!row) return;
    row.scrollIntoView({ block: 'center' });
    if (target.row === session.store.state.mark) return;
    row.classList.add('found');
    const timer = setTimeout(() => row.classList.remove('found'), 2500);
    return () => clearTimeout(timer);
  }, [target, session]);

  useEffect(() => {
    const { current: element } = place;
    if (!element) return;
    let frame = 0;
    const look = () => {
      frame = 0;
      anchor.current = lookAt(session, element);
    };
    const soon = () => {
      frame ||= requestAnimationFrame(look);
    };
    const watcher = new ResizeObserver(() => {
      if (session.store.state.isAtEnd) element.scrollTop = element.scrollHeight;
      soon();
    });
    watcher.observe(element);
    for (const child of element.children) watcher.observe(child);
    element.addEventListener('scroll', soon, { passive: true });
    const end = session.store.follow(soon);
    return () => {
      cancelAnimationFrame(frame);
      watcher.disconnect();
      element.removeEventListener('scroll', soon);
      end();
    };
  }, [place, session]);
}

/** What is in view now: tells the session, and answers the first row in view with its distance from the top. */
function lookAt(session: Session, element: HTMLElement): { id: string; top: number } | undefined {
  const { history } = session.store.state;
  const { scrollTop, clientHeight, scrollHeight } = element;
  const rest = scrollHeight - scrollTop - clientHeight;
  if (!history) return undefined;
  session.store.dispatch({ type: 'at-end', isAtEnd: rest < atEnd && !history.after });
  if (history.before && scrollTop < near) void session.more('before');
  if (history.after && rest < near) void session.more('after');
  const rows = [...element.querySelectorAll<HTMLElement>('li[id]')];
  const first = rows[firstBelow(rows, scrollTop)];
  const last = rows[firstBelow(rows, scrollTop + clientHeight) - 1];
  const seen = Number(last?.id.slice('row-'.length));
  if (Number.isFinite(seen)) session.read(seen);
  return first && { id: first.id, top: first.offsetTop - scrollTop };
}

/** The index of the first row that ends below this height; rows stand one below the other. */
function firstBelow(rows: readonly HTMLElement[], height: number): number {
  let [low, high] = [0, rows.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const row = rows[middle];
    if (row && row.offsetTop + row.offsetHeight <= height) low = middle + 1;
    else high = middle;
  }
  return low;
}
