import type { Command } from 'commander';
import { type DropError, withHint } from '../errors.ts';
import { visible } from '../ui/visible.ts';
import { type CommonOptions, defineCommand, run, withMessenger } from './command.ts';
import { startProgress } from './progress.ts';
import type { Terminal } from './terminal.ts';

interface GetOptions extends CommonOptions {
  readonly out?: string;
}

export function getCommand(terminal: Terminal): Command {
  return defineCommand({
    name: 'get',
    summary: 'fetch a file that a buddy sent',
    examples: [
      ['btr get 3fa2c1d0', 'into this folder, under a name that is free'],
      ['btr get 3fa2c1d0 --out photos/', 'into that folder'],
      ['btr get 3fa2c1d0 --out - | tar t', 'to stdout, each piece verified before it is written'],
    ],
  })
    .argument('<file-id>', 'the first digits of its id, as btr listen and btr files show them')
    .option('--out <path>', 'a folder, a path that is free, or - for stdout')
    .action((id: string, options: GetOptions) => get(terminal, id, options));
}

function get(terminal: Terminal, id: string, options: GetOptions): Promise<void> {
  const running = run(terminal, options);
  const { output } = running;
  return withMessenger(running, async (messenger) => {
    const { targetAt } = await import('../messenger/index.ts');
    const target = options.out === '-' ? { stream: terminal.stdout } : await targetAt(options.out ?? './');
    const heard = options.out === '-' ? quieted(running) : output;
    const progress = await startProgress(terminal, heard, id, id);
    try {
      const onProgress = (done: number, total: number) => progress.update(done, total);
      const onUnburned = (error: DropError) => heard.warn(error.code, withHint(error));
      const path = await messenger.getFile(id, { target, signal: terminal.signal, onProgress, onUnburned });
      progress.stop();
      if (path === undefined) return;
      output.event({ event: 'saved', id, path });
      if (!output.json) output.line(visible(path));
    } finally {
      progress.stop();
    }
  });
}

/** stdout is the file's now: no event may stand in it. */
function quieted({ terminal, options }: ReturnType<typeof run>) {
  return run(terminal, { ...options, json: false }).output;
}
