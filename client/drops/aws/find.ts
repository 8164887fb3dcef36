/** Looks up the URLs of queues that an address names, so that no later start has to. */
import type { Direction, Role } from '../../protocol/roles.ts';
import { directionFrom, directionTo } from '../../protocol/roles.ts';
import type { AwsAddress } from './address.ts';
import { Queues } from './queues.ts';
import { clientSettings } from './settings.ts';

/** The address with queue URLs in place of names. @throws DropError where a queue is not there or may not be seen. */
export async function findQueueUrls(address: AwsAddress, role: Role): Promise<AwsAddress> {
  const queues = new Queues(address, clientSettings(address, undefined, undefined));
  const find = (direction: Direction) =>
    queues.call('GetQueueUrl', direction, undefined, (url) => Promise.resolve(url));
  try {
    const mine = await find(directionFrom(role));
    const theirs = await find(directionTo(role));
    const found = role === 'a' ? { 'a-to-b': mine, 'b-to-a': theirs } : { 'a-to-b': theirs, 'b-to-a': mine };
    return { ...address, queues: found };
  } finally {
    queues.close();
  }
}
