/** Commands of the chat on files. */
import { UsageError } from '../../errors.ts';
import { type ExportFormat, exportFormats } from '../export/formats.ts';
import { fileRows } from '../file-words.ts';
import { visible } from '../visible.ts';
import { type ChatCommand, type ChatHost, firstWord } from './command.ts';
import { pathsLike, withHome } from './paths.ts';

export const fileCommands: readonly ChatCommand[] = [
  {
    name: 'file',
    usage: '/file PATH',
    what: 'send a file or a folder',
    // A path may have blanks in it.
    complete: (_, words) => pathsLike(words.join(' ')),
    run: sendFile,
  },
  { name: 'files', usage: '/files', what: 'files that came and went', run: listFiles },
  {
    name: 'get',
    usage: '/get ID [PATH]',
    what: 'fetch a file',
    complete: (host, [id = '', ...path]) => (path.length === 0 ? fileIds(host, id) : pathsLike(path.join(' '))),
    run: getFile,
  },
  {
    name: 'export',
    usage: '/export [FORMAT] [PATH]',
    what: `write the history to a file: ${exportFormats.join(', ')}`,
    complete: firstWord(() => exportFormats),
    run: exportHistory,
  },
];

async function sendFile(host: ChatHost, path: string): Promise<void> {
  if (path === '') return host.say('/file PATH: which file?');
  await host.sendFile(withHome(path));
}

function listFiles({ messenger, channel, say }: ChatHost): void {
  const rows = fileRows(messenger.files(channel));
  for (const row of rows) say(row);
  if (rows.length === 0) say('No files yet.');
}

async function getFile(host: ChatHost, rest: string): Promise<void> {
  const [, id = '', out] = /^(\S*)\s*(.+)?$/s.exec(rest) ?? [];
  if (id === '') return host.say('/get ID: which file? /files lists them.');
  await host.getFile(id, withHome(out ?? './'));
}

function fileIds({ messenger, channel }: ChatHost, typed: string): string[] {
  const files = messenger.files(channel).filter(({ outgoing, state }) => !outgoing && state === 'waiting');
  return files.map(({ id }) => id.slice(0, Math.max(8, typed.length)));
}

/** Either word may be left out: `/export html`, `/export talk.txt`. */
async function exportHistory({ messenger, channel, signal, say }: ChatHost, rest: string): Promise<void> {
  const [, word = '', path = ''] = /^(\S*)\s*(.*)$/s.exec(rest) ?? [];
  const format = exportFormats.find((one) => one === word);
  const { exportName, exportToFile } = await import('../export.ts');
  const out = format ? path : rest;
  const chosen = format ?? formatOf(out);
  const options = { format: chosen, path: out === '' ? exportName(channel, chosen) : withHome(out), signal };
  const written = await exportToFile(messenger, channel, options);
  say(`${written.messages === 1 ? '1 message is' : `${written.messages} messages are`} in ${visible(written.path)}`);
}

const extensions: ReadonlyMap<string, ExportFormat> = new Map([
  ['html', 'html'],
  ['json', 'json'],
  ['ndjson', 'json'],
]);

/** What a file of this name holds. @throws UsageError: a word alone is more likely a format that does not exist. */
function formatOf(path: string): ExportFormat {
  const [, extension] = /\.([a-z]+)$/i.exec(path) ?? [];
  if (extension === undefined && /^[\w-]+$/.test(path)) {
    throw new UsageError(`There is no format ${visible(path)}.`, {
      code: 'bad-format',
      hint: `Say ${exportFormats.join(', ')}; a file of that name: /export text ${visible(path)}`,
    });
  }
  return extensions.get(extension?.toLowerCase() ?? '') ?? 'text';
}
