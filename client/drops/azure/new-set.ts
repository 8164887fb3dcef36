/** Waiting until Azure takes a SAS set that was made just now. */
import { DropError } from '../../errors.ts';
import type { Role } from '../../protocol/roles.ts';
import { accessTo } from './access.ts';
import type { AzureAddress } from './address.ts';
import { nap } from './calls.ts';
import { Containers } from './containers.ts';
import { probesOf } from './probes.ts';
import { Queues } from './queues.ts';
import { Transport } from './transport.ts';

/** How long a stored access policy may take until it counts, in milliseconds ("Define a stored access policy"). */
const settling = 30_000;
const firstPause = 250;
const longestPause = 4_000;

/** @throws DropError, after 30 s where it is refused. */
export async function untilUsable(address: AzureAddress, role: Role, signal?: AbortSignal): Promise<void> {
  const transport = new Transport();
  try {
    const access = await accessTo(address, transport);
    const queues = new Queues(address, access, transport);
    const { needed } = probesOf(queues, new Containers(address, access, transport), role);
    const deadline = performance.now() + settling;
    for (let pause = firstPause; ; pause = Math.min(pause * 2, longestPause)) {
      try {
        await Promise.all(needed.map((probe) => probe.run(signal)));
        return;
      } catch (error) {
        if (!isRefusal(error) || performance.now() + pause > deadline) throw error;
      }
      await nap(pause, signal);
    }
  } finally {
    transport.close();
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof DropError && ['invalid-credentials', 'access-denied'].includes(error.code);
}
