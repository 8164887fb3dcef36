/**
 * Which symbolic links of a folder are sent and unpacked: those that can only lead to something inside it. A target
 * may go up first, no higher than the folder itself, and then down; going down and up again is refused, since the
 * way down may lead through another link. As every link of a folder follows this rule, no chain of them leaves it.
 */

/** @param path of the link itself within the folder, with `/`. */
export function staysInside(path: string, target: string): boolean {
  if (target === '' || target.includes('\0') || target.includes('\\') || target.startsWith('/')) return false;
  if (/^[A-Za-z]:/.test(target)) return false;
  const parts = target.split('/').filter((part) => part !== '' && part !== '.');
  const ups = parts.findIndex((part) => part !== '..');
  const climbs = ups === -1 ? parts.length : ups;
  if (parts.slice(climbs).includes('..')) return false;
  return climbs <= path.split('/').length - 1;
}
