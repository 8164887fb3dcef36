/** That the matrix notices every slip: a mutant that leaves all of its cells as they were would be a hole in it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hangsOn, isAllowed, policyOwner } from '../tools/guard/evaluate.ts';
import type { Policy } from '../tools/guard/policies.ts';
import { allCells, type Cell } from './cells.ts';
import { policies, templates } from './channels.ts';
import { administratorAccess, takeInventory } from './inventory.ts';
import { type Mutant, mutantsOf } from './mutants.ts';
import { shouldBeAllowed } from './specification.ts';

/** Where both may take either side, each may remove all parcels by two statements: one alone says the same. */
const equivalent = new Map(
  policies.flatMap(({ name }): [string, string[]][] => {
    if (!name.startsWith('Btr-grace-heidi/Buddy')) return [];
    return [[name, ['PutParcels', 'TakeParcels'].map((sid) => `${name} ${sid}: without s3:DeleteObject`)]];
  }),
);

const cells = await allCells(takeInventory(templates));

for (const policy of policies) {
  if (policy === administratorAccess) continue;
  test(`every slip in ${policy.name} is noticed`, async () => {
    const touched = cells.filter((cell) => concerns(policy, cell));
    assert.ok(touched.length > 0);
    const unnoticed: string[] = [];
    const mutants = mutantsOf(policy);
    for (const mutant of mutants) if (!(await isNoticed(mutant, touched))) unnoticed.push(mutant.name);
    assert.ok(mutants.length > 1);
    assert.deepEqual(unnoticed, equivalent.get(policy.name) ?? []);
  });
}

/** Whether the policy has a say in the cell. */
function concerns(policy: Policy, { request }: Cell): boolean {
  if (policy.kind === 'identity') return hangsOn(policy, request.principal);
  return policy.attachedTo.includes(policyOwner(request.resource));
}

/** The matrix itself holds that every cell of the original is as specified, so here one that is not is enough. */
async function isNoticed({ original, mutated }: Mutant, touched: readonly Cell[]): Promise<boolean> {
  const others = policies.map((policy) => (policy === original ? mutated : policy));
  for (const cell of likelyFirst(original, mutated, touched)) {
    if ((await isAllowed(others, cell.request)) !== shouldBeAllowed(cell)) return true;
  }
  return false;
}

/** Only for speed: cells of the changed statements' services come first, and of them those of who may do most. */
function likelyFirst(original: Policy, mutated: Policy, touched: readonly Cell[]): readonly Cell[] {
  const [before, after] = [original.document.Statement, mutated.document.Statement];
  const changed = JSON.stringify([...before, ...after].filter((one) => !before.includes(one) || !after.includes(one)));
  const rank = ({ action, who }: Cell) =>
    (changed.includes(`"${action.replace(/:.*/, '')}:`) ? 0 : 2) + (who === 'admin' ? 0 : 1);
  return touched.toSorted((one, other) => rank(one) - rank(other));
}
