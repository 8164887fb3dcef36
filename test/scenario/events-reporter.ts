/** A reporter of node:test for a test that runs others: what passed or failed and what was noted, one JSON a line. */
import type { EventData } from 'node:test';

type Reported =
  | { readonly type: 'test:pass' | 'test:fail'; readonly data: EventData.TestPass | EventData.TestFail }
  | { readonly type: 'test:diagnostic'; readonly data: EventData.TestDiagnostic };

export default async function* report(source: AsyncIterable<Reported>): AsyncGenerator<string> {
  for await (const { type, data } of source) {
    if (['test:pass', 'test:fail', 'test:diagnostic'].includes(type)) yield `${JSON.stringify({ type, ...data })}\n`;
  }
}
