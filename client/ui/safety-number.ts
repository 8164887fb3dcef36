/** A safety number for two people to compare. */
import type { Verification } from '../messenger/index.ts';

/** The number as both sides see it: twelve groups of five digits, and twelve words. */
export function numberLines({ digits, words }: Pick<Verification, 'digits' | 'words'>): string[] {
  const groups = digits.match(/\d{5}/g) ?? [];
  return [...inRows(groups, 4), ...inRows(words, 6)];
}

function inRows(items: readonly string[], width: number): string[] {
  const rows = Array.from({ length: Math.ceil(items.length / width) }, (_, row) =>
    items.slice(row * width, (row + 1) * width),
  );
  return rows.map((row) => row.join(' '));
}
