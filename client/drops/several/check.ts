/** What `btr doctor` and `btr drop test` say of several drops: the findings of each, under a short name. */
import type { Finding } from '../drop.ts';
import { toDropError } from './errors.ts';
import type { OpenWay } from './way.ts';
import type { Ways } from './ways.ts';

/** As many digits of a tag as tell the drops of a channel apart, and are enough to name one on the command line. */
const shownDigits = 6;

/** @throws the signal's reason. */
export async function checkAll(ways: Ways, signal: AbortSignal): Promise<readonly Finding[]> {
  return (await Promise.all(ways.list.map((way) => check(way, signal)))).flat();
}

async function check(way: OpenWay, signal: AbortSignal): Promise<readonly Finding[]> {
  const short = way.tag.slice(0, shownDigits);
  try {
    return await way.use(async (drop) => {
      const findings = await drop.check({ signal });
      return findings.map((finding) => ({ ...finding, what: `${drop.kind} ${short}: ${finding.what}` }));
    }, signal);
  } catch (error) {
    signal.throwIfAborted();
    const { message, hint } = toDropError(error);
    return [{ what: short, ok: false, text: `${way.name}: ${[message, hint ?? ''].join(' ').trim()}` }];
  }
}
