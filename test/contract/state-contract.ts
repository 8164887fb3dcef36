/** The contract's part on what a drop says of itself, and on its end: see drop-contract.ts. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { contractTimeout, type MakeTestPlace } from './drop-contract.ts';
import { bodies, collectDone, leaveAll } from './tools.ts';

export function stateContract(kind: string, makePlace: MakeTestPlace): void {
  const contract = (name: string, run: () => Promise<void>) =>
    test(`${kind}: ${name}`, { timeout: contractTimeout }, run);

  contract('the kind and the limits are said', async () => {
    await using place = await makePlace();
    const a = await place.open('a');
    assert.equal(a.kind, kind);
    const { bodyBytes, batchBodies, batchBytes, parcelBytes, parcelStay } = a.limits;
    assert.ok(bodyBytes >= 64 * 1024 && batchBodies >= 1 && batchBytes >= bodyBytes);
    assert.equal(a.parcels === undefined, parcelBytes === 0);
    assert.ok(parcelStay > 0);
  });

  contract('a check finds nothing wrong with a good place, and changes nothing', async () => {
    await using place = await makePlace();
    const { a, b } = await place.both();
    const left = bodies(2);
    await leaveAll(a, 'a', left);
    for (const drop of [a, b]) {
      const findings = await drop.check();
      assert.ok(findings.length > 0);
      for (const { what, ok, text } of findings) assert.ok(ok && what !== '' && text !== '', `${what}: ${text}`);
    }
    assert.deepEqual(await collectDone(b, 2), left);
  });

  contract('closing ends a collector that waits, and may be done twice', async () => {
    await using place = await makePlace();
    const { a, b } = await place.both();
    const iterator = b.collect({ wait: true })[Symbol.asyncIterator]();
    // Whether it ends quietly or with a DropError is the drop's to decide; it must not yield and not hang.
    const ended = iterator.next().then(
      (result) => result.done === true,
      () => true,
    );
    await b.close();
    await b.close();
    assert.ok(await ended);
    const left = bodies(2);
    await leaveAll(a, 'a', left);
    assert.deepEqual(await collectDone(await place.open('b'), 2), left);
  });
}
