/** The storage account whose owner makes drops and keys at Azure: for commands that may need it. */
import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { SetupError } from '../errors.ts';

interface AccountOptions {
  readonly connectionStringFile?: string;
}

/** The command with an option for the account. */
export function withAccount(command: Command): Command {
  return command
    .option(
      '--connection-string-file <file>',
      "for azure: read the account's connection string from a file (else AZURE_STORAGE_CONNECTION_STRING)",
    )
    .hook('preAction', (_, running) => takeAccount(running.opts<AccountOptions>()));
}

/** For this process alone; nothing stores it. @throws SetupError where it can't be read; UsageError. */
async function takeAccount({ connectionStringFile: path }: AccountOptions): Promise<void> {
  if (path === undefined) return;
  const { giveAccount } = await import('../messenger/azure-account.ts');
  giveAccount(await textOf(path));
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new SetupError(`The file with the connection string can't be read: ${path}`, {
      code: 'no-connection-string',
      hint: 'az storage account show-connection-string prints what belongs there.',
      cause,
    });
  }
}
