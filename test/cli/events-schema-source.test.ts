/** docs/events.schema.json against the source: every event that is written somewhere is in it, and no other. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { repository } from '../tools/built.ts';
import { eventFaults, eventNames, eventsSchema, isEvent } from '../tools/events-schema.ts';

/** Names of events in the source: where they are printed, and of those that `eventJson` makes of a channel's. */
function written(): Set<string> {
  const files = readdirSync(join(repository, 'client'), { recursive: true, encoding: 'utf8' });
  const source = files
    .filter((path) => /\.tsx?$/.test(path))
    .map((path) => readFileSync(join(repository, 'client', path), 'utf8'))
    .join('\n');
  const types = readFileSync(join(repository, 'client', 'messenger', 'events.ts'), 'utf8');
  const printed = [...source.matchAll(/\bevent: '([^']+)'/g), ...types.matchAll(/^ {2}readonly type: '([^']+)'/gm)];
  return new Set(printed.map(([, name = '']) => name));
}

test('events: the schema has those that the source writes, and no others', () => {
  assert.deepEqual([...written()].sort(), [...eventNames].sort());
});

test('events: every field of each is described, and no other field fits', () => {
  for (const name of eventNames) {
    const definition: { description?: string; properties?: Record<string, { description?: string; $ref?: string }> } =
      eventsSchema.$defs[name] ?? {};
    assert.ok(definition.description, name);
    const { event: _, ...fields } = definition.properties ?? {};
    for (const [field, { description, $ref }] of Object.entries(fields)) {
      assert.ok(description ?? $ref, `${name}.${field}`);
    }
  }
  const status = { event: 'status', channel: 'bob', id: 'ab'.repeat(16), state: 'sent' };
  assert.equal(eventFaults(status), '');
  assert.ok(isEvent(status));
  for (const wrong of [
    { ...status, more: 1 },
    { ...status, state: 'read' },
    { ...status, id: 'AB' },
    { ...status, size: 1 },
    { ...status, event: 'state' },
    { event: 'status' },
    { event: 'wiped' },
    { event: 'wiped', channel: 'bob', path: '/home' },
    { event: 'unlocked', path: '/home', until: 'tomorrow' },
    { event: 'unlocked', path: '/home', until: '2026-11-20T12:00:00+01:00' },
    [],
    null,
  ]) {
    assert.notEqual(eventFaults(wrong), '', JSON.stringify(wrong));
    assert.ok(!isEvent(wrong), JSON.stringify(wrong));
  }
});
