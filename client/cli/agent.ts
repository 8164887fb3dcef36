/** What `btr unlock` leaves running: not for people, and not in the list of commands. */
import type { Command } from 'commander';
import { rfc3339 } from '../ui/event-json.ts';
import { type CommonOptions, defineCommand, run } from './command.ts';
import type { Terminal } from './terminal.ts';

export function agentCommand(terminal: Terminal): Command {
  return defineCommand({
    name: 'agent',
    summary: 'hold an unlocked key for a while; btr unlock starts it',
    examples: [['btr agent --home DIR', 'as btr unlock does it; the key comes on stdin']],
  }).action(async (options: CommonOptions) => {
    const { homeDirectory } = await import('../messenger/index.ts');
    const { holdKey } = await import('../messenger/at-rest.ts');
    const { output } = run(terminal, options);
    const home = homeDirectory(options.home, terminal.env);
    await holdKey(home, {
      input: terminal.stdin,
      signal: terminal.signal,
      onReady: (until) => output.event({ event: 'unlocked', path: home, until: rfc3339(until) }),
    });
  });
}
