/** Removes what stayed past its time, with the rights of whoever owns the account. */
import { isDue } from '../../../lambdas/expire-drops/expire.ts';
import { DropError } from '../../errors.ts';
import type { Role } from '../../protocol/roles.ts';
import type { ExpireOptions, ExpiryReport } from '../expiry.ts';
import { ownersAccess } from './access.ts';
import { accountFor } from './account.ts';
import type { AzureAddress } from './address.ts';
import { Containers } from './containers.ts';
import { toDropError } from './errors.ts';
import { Transport } from './transport.ts';

/** Removals under way at once. */
const side = 16;

/** Blocks that were never put together are gone after a week by themselves. @throws DropError where it can't even look. */
export async function expireContainers(address: AzureAddress, { now, signal }: ExpireOptions): Promise<ExpiryReport> {
  const transport = new Transport();
  try {
    const containers = new Containers(address, await ownersAccess(accountFor(address), transport), transport);
    const counts = { removed: 0, failed: 0 };
    for (const role of ['a', 'b'] as const) {
      const time = now - (await clockAhead(containers, role, signal));
      for await (const names of pages(containers, role, signal)) {
        const due = names.filter((name) => !name.startsWith(`${role}/`) || isDue(name, time));
        for (let start = 0; start < due.length; start += side) {
          const some = due.slice(start, start + side).map((name) => remove(containers, role, name, signal));
          for (const gone of await Promise.all(some)) counts[gone ? 'removed' : 'failed'] += 1;
        }
      }
    }
    return { ...counts, aborted: 0, finished: true };
  } finally {
    transport.close();
  }
}

/** How many milliseconds this machine's clock is ahead: one that is wrong by days would remove what is fresh. */
async function clockAhead(containers: Containers, role: Role, signal: AbortSignal | undefined): Promise<number> {
  const { date } = await containers.call('look at the container', role, signal, (client, options) =>
    client.getProperties(options),
  );
  return date === undefined ? 0 : Date.now() - date.getTime();
}

/** All names, a page at a time. */
async function* pages(containers: Containers, role: Role, signal: AbortSignal | undefined) {
  try {
    for await (const { segment } of containers
      .client(role)
      .listBlobsFlat(signal ? { abortSignal: signal } : {})
      .byPage()) {
      yield segment.blobItems.map(({ name }) => name);
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw toDropError(error, containers.attempt('list files', role));
  }
}

async function remove(containers: Containers, role: Role, name: string, signal: AbortSignal | undefined) {
  try {
    await containers.call('remove files', role, signal, (client, options) =>
      client.getBlobClient(name).deleteIfExists({ ...options, deleteSnapshots: 'include' }),
    );
    return true;
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof DropError) return false;
    throw error;
  }
}
