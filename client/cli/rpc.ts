import type { Command } from 'commander';
import { type CommonOptions, defineCommand, run } from './command.ts';
import type { Terminal } from './terminal.ts';

export function rpcCommand(terminal: Terminal): Command {
  return defineCommand({
    name: 'rpc',
    summary: 'call a method of the btr daemon of this home; docs/rpc.md has all of them',
    examples: [
      ['btr rpc status', 'the result as JSON, on one line'],
      [`btr rpc send '{"channel":"bob","texts":["Hello"],"wait":"delivered","timeout":60}'`, 'exit codes as ever'],
      [`btr rpc subscribe '{"from":"unread"}'`, 'what comes, one JSON object a line, until Ctrl-C'],
      ['btr rpc shutdown', 'end it'],
    ],
  })
    .argument('<method>')
    .argument('[params]', 'its parameters as a JSON object; - reads them from stdin, where no other user sees them')
    .action(async (method: string, params: string | undefined, options: CommonOptions) => {
      const { rpc } = await import('./rpc-run.ts');
      await rpc(run(terminal, options), method, params);
    });
}
