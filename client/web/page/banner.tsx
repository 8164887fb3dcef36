/** A line across the page while the server is away. */
import type { ReactNode } from 'react';
import { usePage } from './hooks.ts';

export function Banner(): ReactNode {
  const link = usePage((state) => state.link);
  return (
    <div role="status" className="banner-place">
      {link === 'lost' && (
        <p className="banner">
          <span className="spinner" aria-hidden="true" /> btr web is away. This page comes back by itself as soon as it
          is there again.
        </p>
      )}
      {link === 'ended' && (
        <p className="banner banner-ended">
          This page’s session has ended. Open the link that <code>btr web</code> shows in the terminal.
        </p>
      )}
    </div>
  );
}
