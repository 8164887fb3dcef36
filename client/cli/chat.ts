import type { Command } from 'commander';
import { type CommonOptions, chooseChannel, defineCommand, type Running, run, withMessenger } from './command.ts';
import type { Terminal } from './terminal.ts';

interface ChatOptions extends CommonOptions {
  readonly line?: boolean;
}

export function chatCommand(terminal: Terminal): Command {
  return defineCommand({
    name: 'chat',
    summary: 'talk on a screen of all channels; /help lists the commands',
    examples: [
      ['btr chat bob', 'Ctrl-D or /quit ends'],
      ['btr chat bob --line', 'line by line, as a screen reader can follow; BTR_CHAT=line does it always'],
    ],
  })
    .argument('[channel]', 'the one to begin with')
    .option('--line', 'line by line: as without a terminal')
    .action(async (channel: string | undefined, options: ChatOptions) => {
      const running = run(terminal, options);
      if (isByLine(running, options)) {
        const { chat } = await import('./chat-run.ts');
        await chat(running, channel);
      } else await fullScreen(running, channel);
    });
}

/** Events and what a dumb terminal, a pipe or a screen reader can follow come in lines. */
function isByLine({ terminal, output }: Running, { line }: ChatOptions): boolean {
  const { stdin, env } = terminal;
  const isTerminal = stdin.isTTY === true && output.isTerminal && env.TERM !== 'dumb';
  return line === true || env.BTR_CHAT === 'line' || output.json || !isTerminal;
}

function fullScreen(running: Running, given: string | undefined): Promise<void> {
  const { env, signal } = running.terminal;
  const isColored = running.output.colored;
  return withMessenger(running, async (messenger) => {
    const names = messenger.channels().map(({ name }) => name);
    const channel = given === undefined && names.length > 1 ? names[0] : undefined;
    const { runFullScreen } = await import('../tui/index.ts');
    await runFullScreen({ messenger, channel: channel ?? chooseChannel(messenger, given), env, isColored, signal });
  });
}
