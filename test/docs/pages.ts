/** The pages of the documentation, and the few parts of Markdown that the tests look at. */
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../', import.meta.url));

export interface Page {
  /** Relative to the repository, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

export function pages(): Page[] {
  const paths = ['README.md', ...globSync('docs/**/*.md', { cwd: root })];
  return paths.map((path) => ({ path: path.replaceAll('\\', '/'), text: readFileSync(`${root}${path}`, 'utf8') }));
}

/** Fenced blocks of one language, each as its lines. */
export function blocks({ text }: Page, language: string): string[][] {
  const found: string[][] = [];
  for (const [, kind, body = ''] of text.matchAll(/^```(\w*)\n(.*?)^```$/gms)) {
    if (kind === language) found.push(body.trimEnd().split('\n'));
  }
  return found;
}

/** What stands between backticks in running text and tables. */
export function codeSpans({ text }: Page): string[] {
  const prose = text.replace(/^```.*?^```$/gms, '').replace(/^ {4}.*$/gm, '');
  return [...prose.matchAll(/`([^`]+)`/g)].map(([, span = '']) => span.replaceAll(/\s+/g, ' '));
}

/** Targets of links and pictures. */
export function links({ text }: Page): string[] {
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
}

/** The anchors that a page's headings have on GitHub and its like. */
export function anchors({ text }: Page): Set<string> {
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

/** The rows of the table whose head begins with this cell, each as its cells. */
export function table({ text }: Page, firstHead: string): string[][] {
  const lines = text.split('\n');
  return lines.flatMap((line, index) => {
    if (!line.startsWith(`| ${firstHead} |`)) return [];
    const end = lines.findIndex((later, at) => at > index && !later.startsWith('|'));
    return lines.slice(index + 2, end).map((row) =>
      row
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  });
}
