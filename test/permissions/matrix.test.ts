/** The synthesized policies, all together, held against the specification: exactly its cells are allowed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isAllowed } from '../tools/guard/evaluate.ts';
import { allCells, nameOf } from './cells.ts';
import { policies, templates } from './channels.ts';
import { takeInventory } from './inventory.ts';
import { shouldBeAllowed } from './specification.ts';

test('each principal may do exactly what the specification says, of all that can be asked', async () => {
  const cells = await allCells(takeInventory(templates));
  const refused: string[] = [];
  const surplus: string[] = [];
  for (const cell of cells) {
    const allowed = await isAllowed(policies, cell.request);
    if (allowed !== shouldBeAllowed(cell)) (allowed ? surplus : refused).push(nameOf(cell));
  }
  assert.deepEqual({ refused, surplus }, { refused: [], surplus: [] });
});
