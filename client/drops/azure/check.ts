/** What `btr doctor` finds out about an Azure drop. Nothing here changes what others see, and no finding is an exception. */
import type { Role } from '../../protocol/roles.ts';
import type { Finding } from '../drop.ts';
import { clockFinding, roundTripFinding } from '../findings.ts';
import { excessRights, neededRight, type Probe, type Right } from '../rights.ts';
import type { Containers } from './containers.ts';
import { probesOf } from './probes.ts';
import type { Queues } from './queues.ts';

export async function checkDrop(
  queues: Queues,
  containers: Containers,
  role: Role,
  signal: AbortSignal | undefined,
): Promise<readonly Finding[]> {
  const { needed, excess } = probesOf(queues, containers, role);
  const rights = await Promise.all(needed.map((probe) => neededRight(probe, signal)));
  const findings = [goesBy(queues), ...rights.map(({ finding }) => finding)];
  // Whoever comes by the account's own right may do anything there; a refusal by who is not there says nothing.
  const isThere = rights.some(({ finding }) => finding.ok);
  if (queues.access.by === 'set' && isThere) findings.push(await excessRights(excess, tooMuch, signal));
  return [...findings, ...(await measured(needed, rights, signal))];
}

function goesBy({ access: { by, set } }: Queues): Finding {
  const what = 'credentials';
  if (by === 'set') return { what, ok: true, text: `SAS set ${set?.id}, kept with the drop.` };
  return { what, ok: true, text: by === 'key' ? "The account's own key." : 'An Entra identity of this machine.' };
}

function tooMuch(rights: string): string {
  return `This SAS set may also: ${rights}. Have whoever owns the drop make another (btr channel rotate-key) and revoke this one.`;
}

/** Once more, now that a connection stands. */
async function measured(
  probes: readonly Probe[],
  rights: readonly Right[],
  signal: AbortSignal | undefined,
): Promise<Finding[]> {
  const theirs = rights.find((right) => right.theirs)?.theirs;
  const probe = probes[rights.findIndex(({ finding }) => finding.ok)];
  if (probe === undefined) return [];
  const started = performance.now();
  await neededRight(probe, signal);
  const took = performance.now() - started;
  return [roundTripFinding(took), ...(theirs ? [clockFinding(theirs.getTime(), Date.now())] : [])];
}
