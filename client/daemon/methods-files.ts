/** Files, as methods of `btr daemon`. */
import { type FileInfo, type TransferInfo, targetAt, UsageError } from '../messenger/index.ts';
import { rfc3339 } from '../ui/event-json.ts';
import type { Daemon } from './daemon.ts';
import type { Method } from './server.ts';
import { fromRpcError } from './wire.ts';

export function fileMethods(daemon: Daemon): Record<string, Method> {
  const { messenger } = daemon;
  return {
    files(params) {
      const channel = params.text('channel');
      return () => ({ files: messenger.files(channel).map(fileJson) });
    },
    sendFile(params) {
      const [channel, path] = [params.text('channel'), params.path('path')];
      const [stay, burn] = [params.optionalSeconds('ttl'), params.flag('burn')];
      return () => {
        messenger.channel(channel);
        return outcome(daemon.conversations.transfers.send(channel, { path, stay, burn }).ended);
      };
    },
    getFile(params) {
      const [id, out] = [params.text('id'), params.path('out')];
      return async () => {
        const target = await targetAt(out);
        return outcome(daemon.conversations.transfers.fetch(receivedFile(daemon, id), target).ended);
      };
    },
    transfers: () => () => ({ transfers: daemon.conversations.transfers.list() }),
    cancel(params) {
      const transfer = params.integer('transfer');
      return () => daemon.conversations.transfers.cancel(transfer);
    },
  };
}

/** @param prefix the beginning of its id. */
function receivedFile({ messenger }: Daemon, prefix: string): FileInfo {
  const all = messenger.channels().flatMap(({ name }) => messenger.files(name));
  const found = /^[0-9a-f]{4,32}$/.test(prefix) ? all.filter(({ id }) => id.startsWith(prefix)) : [];
  const [file] = found;
  if (file && found.length === 1) return file;
  throw new UsageError(`There is ${file ? 'more than one' : 'no'} file ${prefix}.`, {
    code: 'no-such-file',
    hint: 'The method files has the ids.',
  });
}

async function outcome(ended: Promise<TransferInfo>): Promise<TransferInfo> {
  const transfer = await ended;
  if (transfer.state === 'done') return transfer;
  const { text, ...data } = transfer.error ?? { text: 'It was cancelled.', code: 'cancelled', exitCode: 130 };
  throw fromRpcError({ message: text, data });
}

function fileJson({ at, expiresAt, ...file }: FileInfo): Record<string, unknown> {
  return { ...file, at: rfc3339(at), expiresAt: rfc3339(expiresAt) };
}
