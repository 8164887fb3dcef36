/** The way of a newcomer: the command lines of README.md, as they stand there. */
import assert from 'node:assert/strict';
import { mkdir, symlink } from 'node:fs/promises';
import { blocks, pages } from '../docs/pages.ts';
import { btrArguments, commandsIn } from '../docs/shell.ts';
import type { Stage } from '../tools/stage.ts';

/** Where the page has the folder that both reach, which is in another place for each. */
const synced = (name: string) => `/home/${name}/Sync/btr`;

/** Makes that folder within the stage. */
export async function makeSyncedFolder(stage: Stage): Promise<void> {
  await mkdir(stage.path('home', 'alice', 'Sync', 'btr'), { recursive: true });
  await mkdir(stage.path('home', 'bob', 'Sync'), { recursive: true });
  await symlink(stage.path(synced('alice')), stage.path(synced('bob')));
}

/**
 * What to give to btr by the lines of a section, in order, with the stage in place of the root of the file system.
 * @param heading of the section.
 */
export function readmeCommands(stage: Stage, heading: string): string[][] {
  const readme = pages().find(({ path }) => path === 'README.md');
  const [, section] = readme?.text.split(`\n## ${heading}\n`) ?? [];
  assert.ok(section, `README.md has a section "${heading}"`);
  const [text = ''] = section.split('\n## ');
  const lines = blocks({ path: heading, text: `${text}\n` }, 'sh').flat();
  return lines
    .flatMap(commandsIn)
    .map((words) => btrArguments(words)?.map((word) => word.replace('/home/', stage.path('home', '/'))) ?? []);
}
