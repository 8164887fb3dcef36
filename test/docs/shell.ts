/** As much of a shell as the command lines in the documentation need. */

/**
 * The words of each command in a line: pipes and `;` separate commands, quotes keep words together, assignments of
 * variables before a command, redirections and comments are left out.
 */
export function commandsIn(line: string): string[][] {
  const tokens = line.matchAll(/#.*$|'([^']*)'|"([^"]*)"|[|;<>&]+|[^\s'"|;<>&]+/g);
  const commands: string[][] = [[]];
  let skip = false;
  for (const [token, single, double] of tokens) {
    if (token.startsWith('#')) break;
    const quoted = single ?? double;
    if (skip) skip = false;
    else if (quoted === undefined && /^[<>]/.test(token)) skip = true;
    else if (quoted === undefined && /^[|;&]/.test(token)) commands.push([]);
    else if (!(commands.at(-1)?.length === 0 && /^[A-Z_]+=/.test(token))) commands.at(-1)?.push(quoted ?? token);
  }
  return commands.filter((words) => words.length > 0);
}

/** The words behind `btr` where a command is one of ours, also by way of npx. */
export function btrArguments(words: readonly string[]): readonly string[] | undefined {
  const [first, second] = words;
  if (first === 'btr') return words.slice(1);
  return first === 'npx' && second === 'btr' ? words.slice(2) : undefined;
}
