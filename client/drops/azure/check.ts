/** What `btr doctor` finds out about an Azure drop. Nothing here changes what others see, and no finding is an exception. */
import { BtrError, DropError, errorText } from '../../errors.ts';
import type { Role } from '../../protocol/roles.ts';
import type { Finding } from '../drop.ts';
import { clockFinding, roundTripFinding } from '../findings.ts';
import type { Containers } from './containers.ts';
import { type Probe, probesOf } from './probes.ts';
import type { Queues } from './queues.ts';

export async function checkDrop(
  queues: Queues,
  containers: Containers,
  role: Role,
  signal: AbortSignal | undefined,
): Promise<readonly Finding[]> {
  const { needed, excess } = probesOf(queues, containers, role);
  const rights = await Promise.all(needed.map((probe) => mayFinding(probe, signal)));
  const findings = [goesBy(queues), ...rights.map(({ finding }) => finding)];
  // Whoever comes by the account's own right may do anything there; a refusal by who is not there says nothing.
  const isThere = rights.some(({ finding }) => finding.ok);
  if (queues.access.by === 'set' && isThere) findings.push(await leastFinding(excess, signal));
  return [...findings, ...(await measured(needed, rights, signal))];
}

function goesBy({ access: { by, set } }: Queues): Finding {
  const what = 'credentials';
  if (by === 'set') return { what, ok: true, text: `SAS set ${set?.id}, kept with the drop.` };
  return { what, ok: true, text: by === 'key' ? "The account's own key." : 'An Entra identity of this machine.' };
}

interface Right {
  readonly finding: Finding;
  readonly theirs?: Date | undefined;
}

async function mayFinding({ right, run }: Probe, signal: AbortSignal | undefined): Promise<Right> {
  try {
    const theirs = await run(signal);
    return { finding: { what: right, ok: true, text: 'It may.' }, theirs };
  } catch (error) {
    signal?.throwIfAborted();
    const hint = error instanceof BtrError && error.hint !== undefined ? ` ${error.hint}` : '';
    return { finding: { what: right, ok: false, text: `${errorText(error)}${hint}` } };
  }
}

/** A refusal is the good answer. */
async function leastFinding(excess: readonly Probe[], signal: AbortSignal | undefined): Promise<Finding> {
  const what = 'no more than needed';
  const allowed = await Promise.all(
    excess.map(async ({ right, run }) => {
      try {
        await run(signal);
        return [right];
      } catch (error) {
        signal?.throwIfAborted();
        if (error instanceof DropError) return [];
        throw error;
      }
    }),
  );
  const rights = allowed.flat();
  if (rights.length === 0) return { what, ok: true, text: 'It may do nothing else that was tried.' };
  const text = `This SAS set may also: ${rights.join(', ')}. Have whoever owns the drop make another (btr channel rotate-key) and revoke this one.`;
  return { what, ok: false, text };
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
  await mayFinding(probe, signal);
  const took = performance.now() - started;
  return [roundTripFinding(took), ...(theirs ? [clockFinding(theirs.getTime(), Date.now())] : [])];
}
