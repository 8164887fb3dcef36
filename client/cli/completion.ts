import { Argument, type Command } from 'commander';
import { type CommonOptions, defineCommand, run } from './command.ts';
import type { Terminal } from './terminal.ts';

export function completionCommand(terminal: Terminal): Command {
  return defineCommand({
    name: 'completion',
    summary: 'print what makes a shell complete commands, options, channels and files',
    examples: [
      ['source <(btr completion bash)', 'in ~/.bashrc'],
      ['btr completion zsh > ~/.zfunc/_btr', 'where ~/.zfunc is in fpath before compinit runs'],
      ['btr completion fish > ~/.config/fish/completions/btr.fish', 'for all sessions to come'],
    ],
  })
    .addArgument(new Argument('<shell>', 'which one').choices(['bash', 'zsh', 'fish']))
    .action(async (shell: string, options: CommonOptions, command: Command) => {
      const { completionScript } = await import('./completion-run.ts');
      const { output } = run(terminal, options);
      const script = completionScript(command.parent ?? command, shell);
      output.event({ event: 'completion', shell, script });
      if (!output.json) output.line(script.trimEnd());
    });
}

/** What the scripts call: not for people, and not in the list of commands. */
export function completeCommand(terminal: Terminal): Command {
  return defineCommand({
    name: 'complete',
    summary: 'the candidates for what is being typed; shells ask for them',
    examples: [['btr complete channels -- btr send --home DIR', 'names, one a line']],
  })
    .addArgument(new Argument('<what>', 'which candidates').choices(['channels', 'files']))
    .argument('[typed...]', 'the command line so far')
    .action(async (what: string, typed: readonly string[]) => {
      const { writeCandidates } = await import('./completion-run.ts');
      await writeCandidates(terminal, what, typed);
    });
}
