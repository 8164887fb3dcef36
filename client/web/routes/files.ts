/** Files in both directions as streams: nothing is written on the way, and the slower side sets the pace. */
import { PassThrough, Writable } from 'node:stream';
import type { FileInfo, TransferInfo } from '../../messenger/index.ts';
import { exportFormats } from '../../ui/export/formats.ts';
import { exportLines, exportName } from '../../ui/export.ts';
import type { ApiFile } from '../api.ts';
import { badRequest, HttpError } from '../errors.ts';
import type { Exchange, Routes } from '../exchange.ts';
import { attachmentHeaders } from '../headers.ts';
import { iso } from '../state.ts';

export const fileRoutes: Routes = {
  'GET channels/:channel/files': files,
  'PUT channels/:channel/files': upload,
  'GET files/:file': download,
  'POST files/:file/recall': recall,
  'POST transfers/:transfer/cancel': cancel,
  'GET channels/:channel/export': exportHistory,
};

function files({ web, channel }: Exchange): { files: readonly ApiFile[] } {
  const all = web.messenger.files(channel).map(({ channel: _, at, expiresAt, ...file }) => {
    return { ...file, at: iso(at), expiresAt: iso(expiresAt) };
  });
  return { files: all };
}

async function upload({ web, channel, query, request, response }: Exchange): Promise<object> {
  const name = query.get('name') ?? '';
  if (name === '') throw badRequest('A file needs a name.');
  const { transfers } = web.conversations;
  const length = request.headers['content-length'];
  // Not the request itself: whoever is done with it destroys it, and the answer has to go the same way.
  const readable = request.pipe(new PassThrough());
  const size = length === undefined ? {} : { size: Number(length) };
  const { id, ended } = transfers.send(channel, { stream: { readable, name, ...size } });
  request.once('error', () => transfers.cancel(id));
  response.once('close', () => transfers.cancel(id));
  const transfer = await ended;
  assertDone(transfer);
  return { file: transfer.file };
}

async function download(exchange: Exchange): Promise<undefined> {
  const { web, response } = exchange;
  const { transfers } = web.conversations;
  const file = findFile(exchange);
  const headers = { ...attachmentHeaders(file.name), 'Content-Length': String(file.size) };
  for (const [header, value] of Object.entries(headers)) response.setHeader(header, value);
  const stream = new Writable({
    write: (chunk, _, done) => {
      response.write(chunk, (error) => {
        // Whoever stops reading wants no more of it: that is no fault.
        if (error) transfers.cancel(id);
        done(error);
      });
    },
  });
  const { id, ended } = transfers.fetch(file, { stream });
  response.once('close', () => transfers.cancel(id));
  assertDone(await ended);
  response.end();
}

/** @throws HttpError: it failed, or somebody cancelled it. */
function assertDone({ state, error }: TransferInfo): void {
  if (state === 'done') return;
  if (!error) throw new HttpError(400, 'This was cancelled.', { code: 'cancelled' });
  const { code, text, hint } = error;
  throw new HttpError(code === 'internal' ? 500 : 502, text, { code, ...(hint === undefined ? {} : { hint }) });
}

/** Whole ids only. @throws HttpError 404. */
function findFile(exchange: Exchange): FileInfo {
  const { messenger } = exchange.web;
  const wanted = exchange.parameter('file');
  for (const { name } of messenger.channels()) {
    const file = messenger.files(name).find(({ id }) => id === wanted);
    if (file) return file;
  }
  throw new HttpError(404, 'There is no such file.', { code: 'no-such-file' });
}

async function recall(exchange: Exchange): Promise<object> {
  const { web, signal } = exchange;
  const { id, channel } = findFile(exchange);
  await web.messenger.recallFile(id, signal);
  web.conversations.refresh();
  web.conversations.deliver(channel);
  return {};
}

function cancel(exchange: Exchange): object {
  exchange.web.conversations.transfers.cancel(Number(exchange.parameter('transfer')));
  return {};
}

async function exportHistory(exchange: Exchange): Promise<undefined> {
  const { web, channel, query, response } = exchange;
  const format = exportFormats.find((known) => known === query.get('format'));
  if (!format) throw badRequest('An export is text, json or html.');
  const headers = attachmentHeaders(exportName(channel, format));
  for (const [header, value] of Object.entries(headers)) response.setHeader(header, value);
  await exchange.pour(withEnds(exportLines(web.messenger, channel, { format })));
}

function* withEnds(pieces: Iterable<string>): Generator<string> {
  for (const piece of pieces) yield `${piece}\n`;
}
