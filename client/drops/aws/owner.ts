/** Who owns a stack, as AWS knows them: the credentials, account and region of the usual variables and profiles. */
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { DropError } from '../../errors.ts';
import { guarded, sendOptions } from './calls.ts';
import { meanings } from './meanings.ts';
import { answerTimeout, type ClientSettings, sharedConfig, usualTiming } from './settings.ts';

export interface OwnerOptions {
  /** Absent: that of the variables or the profile. */
  readonly region?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Owner {
  /** Twelve digits. */
  readonly account: string;
  readonly arn: string;
  readonly region: string;
}

/** Asks AWS who signs (AWS STS API Reference, "GetCallerIdentity"), which needs no permission. @throws DropError. */
export async function describeOwner(options: OwnerOptions): Promise<Owner> {
  const { signal } = options;
  const client = new STSClient(ownerConfig(options));
  const attempt = { action: 'sts:GetCallerIdentity', resource: 'these credentials' };
  try {
    const region = await guarded(attempt, signal, () => client.config.region());
    const { Account, Arn } = await guarded(attempt, signal, () =>
      client.send(new GetCallerIdentityCommand({}), ownerCall(options)),
    );
    if (Account !== undefined && Arn !== undefined) return { account: Account, arn: Arn, region };
    const { code, retryable, text, hint } = meanings.garbage;
    throw new DropError(text(attempt), { code, retryable, hint });
  } finally {
    client.destroy();
  }
}

/** What a client for the owner's calls is made with. */
export function ownerConfig({ region }: OwnerOptions) {
  return sharedConfig(ownerSettings(region), undefined);
}

/** The options of `send` for a small call. */
export function ownerCall({ signal }: OwnerOptions) {
  return sendOptions(signal, answerTimeout(ownerSettings(undefined), 0));
}

function ownerSettings(region: string | undefined): ClientSettings {
  return {
    region: region ?? (process.env.AWS_REGION || process.env.AWS_DEFAULT_REGION || undefined),
    endpoint: undefined,
    credentials: undefined,
    timing: usualTiming(),
  };
}
