/** The program: all commands, and help from the same definitions that parse. */
import { Command } from 'commander';
import { agentCommand } from './agent.ts';
import { channelCommand } from './channel.ts';
import { chatCommand } from './chat.ts';
import { cloudCommand } from './cloud.ts';
import { completeCommand, completionCommand } from './completion.ts';
import { costCommand } from './cost.ts';
import { daemonCommand } from './daemon.ts';
import { demoCommand } from './demo.ts';
import { deployCommand } from './deploy.ts';
import { destroyCommand } from './destroy.ts';
import { doctorCommand } from './doctor.ts';
import { dropCommand } from './drop.ts';
import { expireCommand } from './expire.ts';
import { exportCommand } from './export.ts';
import { filesCommand } from './files.ts';
import { getCommand } from './get.ts';
import { fitHelp, helpCommand } from './help.ts';
import { historyCommand } from './history.ts';
import { identityCommand } from './identity.ts';
import { initCommand } from './init.ts';
import { inviteCommand } from './invite.ts';
import { joinCommand } from './join.ts';
import { listenCommand } from './listen.ts';
import { lockCommand } from './lock.ts';
import { passphraseCommand } from './passphrase.ts';
import { rpcCommand } from './rpc.ts';
import { sendCommand } from './send.ts';
import { swapCommand } from './swap.ts';
import type { Terminal } from './terminal.ts';
import { unlockCommand } from './unlock.ts';
import { verifyCommand } from './verify.ts';
import { webCommand } from './web.ts';
import { wipeCommand } from './wipe.ts';

/** @param version what --version says. @param line the same for a person. */
export function makeProgram(terminal: Terminal, version: string, line = version): Command {
  const program = new Command('btr')
    .description(
      'Below the radar: talk and pass files, end-to-end encrypted, through a cloud account, a folder or a machine of your own.',
    )
    .version(version, '-V, --version', 'what btr is built from; with --json as an event')
    .enablePositionalOptions()
    .showHelpAfterError(false);
  const commands = [
    demoCommand(terminal),
    initCommand(terminal),
    inviteCommand(terminal),
    joinCommand(terminal),
    verifyCommand(terminal),
    channelCommand(terminal),
    dropCommand(terminal),
    sendCommand(terminal),
    listenCommand(terminal),
    chatCommand(terminal),
    webCommand(terminal, line),
    daemonCommand(terminal),
    rpcCommand(terminal),
    getCommand(terminal),
    filesCommand(terminal),
    expireCommand(terminal),
    historyCommand(terminal),
    exportCommand(terminal),
    identityCommand(terminal),
    swapCommand(terminal),
    unlockCommand(terminal),
    lockCommand(terminal),
    passphraseCommand(terminal),
    wipeCommand(terminal),
    deployCommand(terminal),
    destroyCommand(terminal),
    costCommand(terminal),
    cloudCommand(terminal),
    doctorCommand(terminal),
    completionCommand(terminal),
    helpCommand(),
  ];
  for (const command of commands) program.addCommand(command);
  for (const command of [agentCommand(terminal), completeCommand(terminal)]) {
    program.addCommand(command, { hidden: true });
  }
  for (const command of everyCommand(program)) {
    fitHelp(command, terminal);
    command
      .helpCommand(false)
      .exitOverride()
      .configureOutput({
        writeOut: (text) => void terminal.stdout.write(text),
        // The help that stands in for a missing command. Errors are told by main.ts.
        writeErr: (text) => void terminal.stdout.write(text),
        outputError: () => {},
      });
  }
  return program;
}

export function* everyCommand(command: Command): Iterable<Command> {
  yield command;
  for (const child of command.commands) yield* everyCommand(child);
}
