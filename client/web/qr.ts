/** QR codes for the page: it draws them itself, as one path of an SVG. */
import { encode } from 'uqr';
import type { QrCode } from './api.ts';

/** ISO/IEC 18004 asks for four modules of quiet around the code. */
const border = 4;
/** What the largest code holds of bytes, at the lowest level of correction (ISO/IEC 18004, table 7). */
const mostBytes = 2953;

/** Undefined where it is too long for one. */
export function qrCode(data: Uint8Array): QrCode | undefined {
  if (data.length > mostBytes) return undefined;
  const { size, data: modules } = encode([...data], { border });
  const runs = modules.flatMap((row, y) => {
    const line = row.map((dark) => (dark ? '#' : ' ')).join('');
    return [...line.matchAll(/#+/g)].map(({ 0: { length }, index }) => `M${index} ${y}h${length}v1h-${length}z`);
  });
  return { path: runs.join(''), size };
}
