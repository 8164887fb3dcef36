import type { ReactNode } from 'react';
import type { QrCode } from '../../api.ts';

const quiet = 3;

/** Dark on light in every theme: cameras want it so. */
export function Qr({ code: { path, size }, label }: { readonly code: QrCode; readonly label: string }): ReactNode {
  const side = size + 2 * quiet;
  return (
    <svg className="qr" viewBox={`${-quiet} ${-quiet} ${side} ${side}`} role="img" aria-label={label}>
      <path d={path} />
    </svg>
  );
}
