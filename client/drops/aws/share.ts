/** An AWS drop's address on its way to somebody else, and what to ask before somebody else's is used. */
import type { Role } from '../../protocol/roles.ts';
import { foreignPlace } from '../hosts.ts';
import { type AwsAddress, isQueueUrl, queueAccount, queueName, queueRegion } from './address.ts';
import { clientSettings, variableEndpoint } from './settings.ts';

/**
 * The address as the side with this role needs it: without this side's credentials, with that side's user, and queues
 * by name where account and region tell the rest.
 */
export function shareAwsAddress(address: AwsAddress, role: Role): AwsAddress {
  const { bucket, endpoint } = address;
  const short = shortQueues(address);
  const { queues, account } = short ?? address;
  const region = short?.region ?? clientSettings(address, undefined, undefined).region;
  const user = address.users?.[role];
  return {
    kind: 'aws',
    queues,
    ...(bucket === undefined ? {} : { bucket }),
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(account === undefined ? {} : { account }),
    ...(user === undefined ? {} : { users: { [role]: user } }),
  };
}

type ShortQueues = Required<Pick<AwsAddress, 'queues' | 'region' | 'account'>>;

/** Names in place of two of AWS's own URLs in one account and region; undefined where the URLs say more than that. */
function shortQueues({ queues, region, account }: AwsAddress): ShortQueues | undefined {
  const urls = [queues['a-to-b'], queues['b-to-a']];
  const [first, second] = urls.map((url) => ({ region: queueRegion(url), account: queueAccount(url) }));
  if (first?.region === undefined || first.account === undefined) return undefined;
  if (first.region !== second?.region || first.account !== second.account) return undefined;
  if ((region ?? first.region) !== first.region || (account ?? first.account) !== first.account) return undefined;
  const names = { 'a-to-b': queueName(queues['a-to-b']), 'b-to-a': queueName(queues['b-to-a']) };
  return { queues: names, region: first.region, account: first.account };
}

/** Hosts that are AWS's queue service and nothing that a customer of AWS could be behind. */
const queueHost = /^(sqs(-fips)?\.[a-z0-9-]+|([a-z0-9-]+\.)?queue)\.amazonaws\.com(\.cn)?$/;

/** The reasons of DropKind.consent. A host that this home's variables name as the endpoint is the user's own choice. */
export function awsConsent(address: AwsAddress): readonly string[] {
  const { endpoint, queues, credentials } = address;
  const urls = Object.values(queues).filter((queue) => isQueueUrl(queue) && !isAwsQueue(queue));
  const origins = new Set([...(endpoint === undefined ? [] : [endpoint]), ...urls].map((url) => new URL(url).origin));
  const reasons = [...origins]
    .filter((origin) => !variableOrigins().includes(origin))
    .map((origin) => foreignPlace(origin, 'AWS'));
  if (credentials !== undefined) return reasons;
  return [...reasons, "It holds no credentials: this machine's own AWS credentials would be used for it."];
}

function isAwsQueue(queue: string): boolean {
  const { protocol, host } = new URL(queue);
  return protocol === 'https:' && queueHost.test(host);
}

function variableOrigins(): string[] {
  return (['SQS', 'S3'] as const).flatMap((service) => {
    const endpoint = variableEndpoint(service);
    return endpoint !== undefined && URL.canParse(endpoint) ? [new URL(endpoint).origin] : [];
  });
}
