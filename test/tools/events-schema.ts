/** docs/events.schema.json, which every event has to fit that a test reads. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { repository } from './built.ts';

interface EventsSchema {
  readonly oneOf: readonly { readonly $ref: string }[];
  readonly $defs: Readonly<Record<string, object>>;
}

const name = 'events';
const place = '#/$defs/';

export const eventsSchema: EventsSchema = JSON.parse(
  readFileSync(join(repository, 'docs', 'events.schema.json'), 'utf8'),
);

/** The names of all events. */
export const eventNames: readonly string[] = eventsSchema.oneOf.map(({ $ref }) => $ref.slice(place.length));

let compiled: Ajv2020 | undefined;

function ajv(): Ajv2020 {
  compiled ??= new Ajv2020({ strict: true, strictRequired: false, allowUnionTypes: true, allErrors: true })
    .addFormat('date-time', (text) => !Number.isNaN(Date.parse(text)))
    .addFormat('date', /^\d{4}-\d{2}-\d{2}$/)
    .addFormat('uri', (text) => URL.canParse(text))
    .addSchema(eventsSchema, name);
  return compiled;
}

/** What does not fit in an event, by its name; empty where it is as the schema says. */
export function eventFaults(event: unknown): string {
  const kind = typeof event === 'object' && event !== null && 'event' in event ? String(event.event) : '';
  const validate = eventNames.includes(kind) ? ajv().getSchema(`${name}${place}${kind}`) : undefined;
  if (!validate) return `docs/events.schema.json has no event ${JSON.stringify(kind)}`;
  return validate(event) ? '' : ajv().errorsText(validate.errors, { dataVar: kind });
}

/** Whether any line of NDJSON may hold this: the schema as a whole. */
export function isEvent(event: unknown): boolean {
  return ajv().validate(name, event) === true;
}

export function assertEvent(event: unknown): void {
  const faults = eventFaults(event);
  assert.equal(faults, '', `${faults}: ${JSON.stringify(event)}`);
}
