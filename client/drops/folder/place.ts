/** One opened folder: where its parts are, and what is made there before first use. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Direction, otherRole, type Role } from '../../protocol/roles.ts';
import { type Modes, makeDirectory, modesFor } from './files.ts';
import { directionFolders, parcelsFolder } from './layout.ts';
import { anotherFolder, readMarker, readOrMakeMarker } from './marker.ts';

export interface Settings {
  readonly folder: string;
  readonly role: Role;
  readonly id: string | undefined;
  /** Milliseconds after its last sign of life until a collector on another machine counts as gone. */
  readonly visibility: number;
  /** Milliseconds between two looks where the file system doesn't tell of changes. */
  readonly poll: number;
  readonly now: () => number;
}

export interface Place extends Settings {
  readonly modes: Modes;
}

/** The absolute folders of one direction. */
export function letterFolders(place: Settings, direction: Direction) {
  const names = directionFolders(direction);
  return {
    tmp: join(place.folder, names.tmp),
    new: join(place.folder, names.new),
    cur: join(place.folder, names.cur),
    leases: join(place.folder, names.leases),
  };
}

/**
 * Makes the drop's inner folders. The drop's own folder is never made here: a path that is missing is most likely a
 * share that isn't mounted, and letters left below its mount point would go nowhere.
 */
export async function preparePlace(settings: Settings): Promise<Place> {
  const { folder, role, id } = settings;
  const modes = modesFor((await stat(folder)).mode);
  const marker = id === undefined ? await readOrMakeMarker(folder, modes) : await readMarker(folder);
  if (marker === undefined || (id !== undefined && marker.id !== id)) throw anotherFolder(folder, marker);
  for (const path of innerFolders(role)) await makeDirectory(join(folder, path), modes);
  return { ...settings, modes };
}

/** Parents before their children. */
function innerFolders(role: Role): string[] {
  const directions: readonly Direction[] = ['a-to-b', 'b-to-a'];
  const letters = directions.flatMap((direction) => [direction, ...Object.values(directionFolders(direction))]);
  return [...letters, 'parcels', parcelsFolder(role), parcelsFolder(otherRole(role))];
}
