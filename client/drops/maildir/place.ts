/** One opened drop: where its parts are, and what is made there before first use. */
import { type Direction, otherRole, type Role } from '../../protocol/roles.ts';
import { isMissing } from './errors.ts';
import type { FileSystem } from './file-system.ts';
import { type Modes, makeDirectory, modesFor } from './files.ts';
import { directionFolders, parcelsFolder } from './layout.ts';
import { anotherFolder, readMarker, readOrMakeMarker } from './marker.ts';

export interface Settings {
  readonly files: FileSystem;
  readonly role: Role;
  readonly id: string | undefined;
  /** Milliseconds after its last sign of life until a collector on another machine counts as gone. */
  readonly visibility: number;
  /** Milliseconds without a change until a file that is not whole counts as broken, not as still arriving. */
  readonly arrival: number;
  readonly now: () => number;
}

/** While a tool copies, or somebody does by hand, a file may stand there under its name before all of it does. */
export const ARRIVAL = 3_600_000;

export interface Place extends Settings {
  readonly modes: Modes;
}

/**
 * Makes the drop's inner folders. The drop's own folder is never made here: a path that is missing is most likely a
 * share that isn't mounted, and letters left below its mount point would go nowhere.
 */
export async function preparePlace(settings: Settings): Promise<Place> {
  const { files, role, id } = settings;
  const modes = modesFor((await files.stat('')).mode);
  const marker = id === undefined ? await readOrMakeMarker(files, modes) : await readMarker(files);
  if (marker === undefined || (id !== undefined && marker.id !== id)) throw anotherFolder(files.name, marker);
  for (const path of await missingFolders(files, role)) await makeDirectory(files, path, modes);
  return { ...settings, modes };
}

/** All asked for at once: on a machine far away each question would take a round trip. */
async function missingFolders(files: FileSystem, role: Role): Promise<string[]> {
  const paths = innerFolders(role);
  const isThere = await Promise.all(paths.map((path) => exists(files, path)));
  return paths.filter((_path, index) => !isThere[index]);
}

async function exists(files: FileSystem, path: string): Promise<boolean> {
  try {
    return (await files.stat(path)).isDirectory();
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

/** Parents before their children. */
function innerFolders(role: Role): string[] {
  const directions: readonly Direction[] = ['a-to-b', 'b-to-a'];
  const letters = directions.flatMap((direction) => [direction, ...Object.values(directionFolders(direction))]);
  return [...letters, 'parcels', parcelsFolder(role), parcelsFolder(otherRole(role))];
}
