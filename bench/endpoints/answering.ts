/** The endpoint's side of the conversation; it ends with whoever started it. */
import type { Answer, Calls, Hello } from './protocol.ts';

/** @param end what must not outlive the process is ended with it. */
export function serve(hello: Hello, calls: () => Calls, end = async (): Promise<void> => {}): void {
  const send = (answer: Answer) => process.send?.(answer);
  process.on('message', () => send({ calls: calls() }));
  process.on('disconnect', () => void end().finally(() => process.exit(0)));
  send({ hello });
}

/** The URI of a drop over two queues, by role. */
export function dropUris(aToB: string, bToA: string, more = ''): Hello['drops'] {
  return { a: `aws:tx=${aToB},rx=${bToA}${more}`, b: `aws:tx=${bToA},rx=${aToB}${more}` };
}
