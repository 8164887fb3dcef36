/** What to ask before an Azure drop of somebody else's is used. */
import { foreignPlace } from '../hosts.ts';
import { type AzureAddress, endpointsOf } from './address.ts';

/** Hosts of the service in Azure's clouds, behind which nobody's own machine can be. */
const azureHost = /^[a-z0-9]{3,24}\.(queue|blob)\.core\.(windows\.net|chinacloudapi\.cn|usgovcloudapi\.net)$/;

/** The reasons of DropKind.consent. */
export function azureConsent(address: AzureAddress): readonly string[] {
  const { queue, blob } = endpointsOf(address);
  const foreign = [queue, blob].filter((url) => !isAzure(new URL(url))).map((url) => new URL(url).origin);
  const reasons = [...new Set(foreign)].map((origin) => foreignPlace(origin, 'Azure'));
  if (address.credentials !== undefined) return reasons;
  return [...reasons, "It holds no SAS set: this machine's own Azure account would be used for it."];
}

function isAzure({ protocol, host }: URL): boolean {
  return protocol === 'https:' && azureHost.test(host);
}
