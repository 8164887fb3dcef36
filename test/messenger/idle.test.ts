/** What listening costs while nothing happens. */
import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { StatementSync } from 'node:sqlite';
import test from 'node:test';
import { makePair } from './pair.ts';
import { channel } from './person.ts';

const methods = ['all', 'get', 'run', 'iterate'] as const;

/** Counts the statements that run, of any database, until it is ended. */
function countStatements(): { count: () => number; end: () => void } {
  let count = 0;
  const originals = methods.map((method) => StatementSync.prototype[method]);
  for (const method of methods) {
    const original = StatementSync.prototype[method];
    Object.defineProperty(StatementSync.prototype, method, {
      configurable: true,
      writable: true,
      value(this: StatementSync, ...values: unknown[]) {
        count += 1;
        return Reflect.apply(original, this, values);
      },
    });
  }
  const end = () => {
    methods.forEach((method, index) => {
      Object.defineProperty(StatementSync.prototype, method, {
        configurable: true,
        writable: true,
        value: originals[index],
      });
    });
  };
  return { count: () => count, end };
}

test('idle: a listener runs a few statements a second, and writes nothing', async (t) => {
  await using pair = await makePair();
  const { a, b } = pair;
  await a.send('a0');
  await b.listen();
  await a.listen();
  await a.restart();
  const stop = new AbortController();
  const log = `${a.directory}/btr.sqlite-wal`;
  const listening = (async () => {
    for await (const event of a.messenger.listen(channel, { wait: true, signal: stop.signal })) assert.fail(event.type);
  })();
  // The first look does more than those that follow.
  await new Promise((resolve) => setTimeout(resolve, 300));
  const bytes = statSync(log).size;
  const statements = countStatements();
  const from = performance.now();
  await new Promise((resolve) => setTimeout(resolve, 1500));
  const perSecond = (statements.count() * 1000) / (performance.now() - from);
  statements.end();
  stop.abort();
  await listening;
  t.diagnostic(`${perSecond.toFixed(0)} statements a second`);
  assert.ok(perSecond <= 50, `${perSecond} statements a second`);
  assert.equal(statSync(log).size, bytes);
});
