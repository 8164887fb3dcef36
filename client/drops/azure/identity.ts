/** An Entra identity of this home's environment: a service principal in its variables, or who is logged in with "az". */
import type { EnvironmentCredentialOptions, TokenCredential } from '@azure/identity';
import type { Transport } from './transport.ts';

export type TokenSource = TokenCredential;

type AdditionalPolicyConfig = NonNullable<EnvironmentCredentialOptions['additionalPolicies']>[number];
type AdditionalPolicy = AdditionalPolicyConfig['policy'];

/**
 * Not the SDK's default chain, which asks for identities of cloud machines at link-local addresses, past any proxy.
 * Loaded here alone: it is as large as all the rest of the SDK.
 */
export async function tokenSource(transport: Transport): Promise<TokenSource> {
  const { AzureCliCredential, ChainedTokenCredential, EnvironmentCredential } = await import('@azure/identity');
  const sendRequest: AdditionalPolicy['sendRequest'] = (request, next) => {
    request.agent = transport.agent(new URL(request.url));
    return next(request);
  };
  const additionalPolicies: AdditionalPolicyConfig[] = [
    { policy: { name: 'btrTransport', sendRequest }, position: 'perRetry' },
  ];
  return new ChainedTokenCredential(new EnvironmentCredential({ additionalPolicies }), new AzureCliCredential());
}
