/** Remarks at the edge: what went wrong, what was done. Errors stay until they are seen off. */
import { type ReactNode, useEffect } from 'react';
import { usePage, useSession } from './hooks.ts';
import { Icon } from './parts/icon.tsx';
import { Text } from './parts/text.tsx';
import type { Remark } from './state/state.ts';

const stay = 8000;

export function Remarks(): ReactNode {
  const remarks = usePage((state) => state.remarks);
  return (
    <section className="remarks" aria-label="Remarks">
      <div role="log">
        {remarks.map((remark) => (
          <OneRemark key={remark.key} remark={remark} />
        ))}
      </div>
    </section>
  );
}

function OneRemark({ remark: { key, isError, text, hint } }: { readonly remark: Remark }): ReactNode {
  const { store } = useSession();
  useEffect(() => {
    if (isError) return;
    const timer = setTimeout(() => store.dispatch({ type: 'dismiss', key }), stay);
    return () => clearTimeout(timer);
  }, [store, key, isError]);
  return (
    <div className={isError ? 'remark remark-error' : 'remark'}>
      <div>
        <p>
          <Text text={text} />
        </p>
        {hint && (
          <p className="hint">
            <Text text={hint} />
          </p>
        )}
      </div>
      <button type="button" className="quiet" onClick={() => store.dispatch({ type: 'dismiss', key })}>
        <Icon name="close" label="Dismiss" />
      </button>
    </div>
  );
}
