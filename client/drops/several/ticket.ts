/** Tickets and receipts of an upload to several drops: JSON that names, by tag, what each of them gave. */

export function formatShares(shares: ReadonlyMap<string, string>): string {
  return JSON.stringify(Object.fromEntries(shares));
}

/** By tag; undefined where the text is none of ours, as the ticket of a channel that had one drop at the time. */
export function parseShares(text: string): ReadonlyMap<string, string> | undefined {
  const shares = new Map<string, string>();
  for (const [tag, share] of Object.entries(parse(text) ?? {})) {
    if (typeof share !== 'string') return undefined;
    shares.set(tag, share);
  }
  return shares.size > 0 ? shares : undefined;
}

function parse(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
