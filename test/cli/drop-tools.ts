/** What the tests of `btr drop` share. */
import assert from 'node:assert/strict';
import { type Ended, eventsOf, type JsonEvent } from '../tools/btr.ts';
import type { Person, Stage } from '../tools/stage.ts';

let folders = 0;

/** The path of a folder that is not there yet. */
export function newFolder(stage: Stage): string {
  folders += 1;
  return stage.path(`further-${folders}`);
}

export function drop(person: Person, ...args: string[]): Promise<Ended> {
  return person.run(['drop', ...args]);
}

/** What `btr drop list --json` tells. */
export async function dropsOf(person: Person): Promise<JsonEvent[]> {
  const { code, stdout, stderr } = await drop(person, 'list', '--json');
  assert.equal(code, 0, stderr);
  return eventsOf(stdout);
}

/** The first eight digits of the id of the drop with this in its event, of the only channel. */
export async function idOf(person: Person, fields: JsonEvent): Promise<string> {
  const drops = await dropsOf(person);
  const found = drops.find((one) => Object.entries(fields).every(([name, value]) => one[name] === value));
  assert.ok(found, `${JSON.stringify(fields)} is no drop of the channel`);
  return String(found.id).slice(0, 8);
}

export function idAt(person: Person, path: string): Promise<string> {
  return idOf(person, { text: `folder ${path}` });
}
