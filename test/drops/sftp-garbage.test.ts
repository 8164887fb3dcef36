/** The garbage of a connection is collected by what has passed it, see client/drops/sftp/garbage.ts. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { constants, type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { Garbage } from '../../client/drops/sftp/garbage.ts';

const MIB = 1024 * 1024;

test('sftp: young garbage is collected once for every 16 MiB in either direction', async (context) => {
  const server = createServer((peer) => peer.pipe(peer)).listen(0, '127.0.0.1');
  context.after(() => server.close());
  await once(server, 'listening');
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  const socket = connect(address.port, '127.0.0.1');
  context.after(() => socket.destroy());
  const entries: PerformanceEntry[] = [];
  const observer = new PerformanceObserver((list) => entries.push(...list.getEntries()));
  observer.observe({ entryTypes: ['gc'] });
  context.after(() => observer.disconnect());
  const garbage = new Garbage(socket);
  let echoed = 0;
  socket.on('data', ({ length }) => {
    echoed += length;
  });
  const passOneMiB = async () => {
    const all = echoed + MIB;
    socket.write(Buffer.alloc(MIB));
    while (echoed < all) await once(socket, 'data');
    garbage.collect();
  };
  for (let passed = 0; passed < 24; passed++) await passOneMiB();
  // Node tells of a collection in the turn after it.
  await setImmediate();
  entries.push(...observer.takeRecords());
  const forced = entries.filter(isForcedMinor);
  assert.equal(forced.length, 3);
});

function isForcedMinor(entry: PerformanceEntry): boolean {
  const detail: unknown = 'detail' in entry ? entry.detail : undefined;
  if (typeof detail !== 'object' || detail === null || !('kind' in detail && 'flags' in detail)) return false;
  const { NODE_PERFORMANCE_GC_MINOR, NODE_PERFORMANCE_GC_FLAGS_FORCED } = constants;
  return detail.kind === NODE_PERFORMANCE_GC_MINOR && (Number(detail.flags) & NODE_PERFORMANCE_GC_FLAGS_FORCED) !== 0;
}
