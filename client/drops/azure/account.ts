/**
 * The storage account whose owner is at work: given by a connection string in a file, or by the variables that Azure's
 * own tools read. It makes drops and their keys, and is never stored.
 */
import { SetupError, UsageError } from '../../errors.ts';
import {
  type AzureAddress,
  type Endpoints,
  endpointsOf,
  isAccountName,
  parseEndpoints,
  publicEndpoints,
} from './address.ts';

export interface Account {
  readonly name: string;
  readonly endpoints: Endpoints;
  /** Base64. Absent: an Entra identity is asked for tokens. */
  readonly key?: string;
}

let given: Account | undefined;

/** Takes the account of this connection string from now on. @throws UsageError with code `bad-connection-string`. */
export function giveAccount(connectionString: string): void {
  given = parseConnectionString(connectionString);
}

/** What was given, else what the environment says. @throws SetupError `no-azure-account`, UsageError. */
export function ownersAccount(environment: NodeJS.ProcessEnv = process.env): Account {
  if (given) return given;
  const { AZURE_STORAGE_CONNECTION_STRING: text, AZURE_STORAGE_ACCOUNT: name, AZURE_STORAGE_KEY: key } = environment;
  if (text) return parseConnectionString(text);
  if (!name) throw noAccount('No Azure storage account was given.');
  if (!isAccountName(name)) throw badString('AZURE_STORAGE_ACCOUNT is not the name of a storage account');
  return accountOf({ AccountName: name, ...(key ? { AccountKey: key } : {}) });
}

/** The owner's account, where it is the one that the drop is in. @throws SetupError `no-azure-account`, UsageError. */
export function accountFor(address: AzureAddress, environment?: NodeJS.ProcessEnv): Account {
  const account = ownersAccount(environment);
  if (account.name !== address.account) {
    throw noAccount(
      `The drop is in the storage account ${address.account}; the one that was given is ${account.name}.`,
    );
  }
  return account;
}

function noAccount(text: string): SetupError {
  return new SetupError(text, {
    code: 'no-azure-account',
    hint:
      'Give it with --connection-string-file FILE or AZURE_STORAGE_CONNECTION_STRING ' +
      '(az storage account show-connection-string), or AZURE_STORAGE_ACCOUNT with AZURE_STORAGE_KEY or "az login".',
  });
}

/** "Configure Azure Storage connection strings". @throws UsageError with code `bad-connection-string`. */
export function parseConnectionString(text: string): Account {
  const fields = Object.fromEntries(
    text
      .trim()
      .split(';')
      .filter((part) => part !== '')
      .map((part) => [part.slice(0, part.indexOf('=')).trim(), part.slice(part.indexOf('=') + 1).trim()]),
  );
  const foreign = foreignService(text, fields);
  if (foreign) throw badString(`it is one for ${foreign}`);
  if (fields.SharedAccessSignature)
    throw badString('it holds a SAS, which can make no queues, containers or other SAS');
  if (fields.UseDevelopmentStorage)
    throw badString('UseDevelopmentStorage says neither account nor key; write them out');
  const { AccountName, AccountKey } = fields;
  if (!isAccountName(AccountName)) throw badString('it names no storage account (AccountName)');
  if (!AccountKey) throw badString('it holds no key of the account (AccountKey)');
  return accountOf({ ...fields, AccountName });
}

type Fields = Readonly<Partial<Record<string, string>>>;

function accountOf(fields: Fields & { readonly AccountName: string }): Account {
  const {
    AccountName: name,
    AccountKey: key,
    EndpointSuffix: suffix,
    BlobEndpoint: blob,
    QueueEndpoint: queue,
  } = fields;
  if (key !== undefined && !/^[A-Za-z0-9+/]{40,}={0,2}$/.test(key))
    throw badString("the account's key is cut or altered");
  const usual = publicEndpoints(name, suffix ?? 'core.windows.net');
  const secure = fields.DefaultEndpointsProtocol !== 'http';
  const scheme = (url: string) => (secure ? url : url.replace('https:', 'http:'));
  return {
    name,
    endpoints: readEndpoints({ queue: queue ?? scheme(usual.queue), blob: blob ?? scheme(usual.blob) }),
    ...(key === undefined ? {} : { key }),
  };
}

function readEndpoints(endpoints: Endpoints): Endpoints {
  try {
    return parseEndpoints(endpoints);
  } catch (error) {
    if (error instanceof UsageError) throw badString('one of its endpoints is no URL');
    throw error;
  }
}

/** What a text is, where it is known for something else. */
function foreignService(text: string, fields: Fields): string | undefined {
  if (/\bA(KIA|SIA)[A-Z2-7]{16}\b|aws_access_key_id/i.test(text)) return 'AWS';
  if (fields.Endpoint?.startsWith('sb://')) return 'Service Bus or Event Hubs';
  if (fields.AccountEndpoint || /\.cosmos\.azure\.com/i.test(text)) return 'Cosmos DB';
  if (/^mongodb|^(server|data source)=|^redis/i.test(text.trim())) return 'a database';
  if (fields.HostName) return 'an IoT Hub';
  if (fields.InstrumentationKey) return 'Application Insights';
  return fields.Endpoint || fields.endpoint ? 'another service' : undefined;
}

function badString(what: string): UsageError {
  return new UsageError(`That is no connection string of an Azure storage account: ${what}.`, {
    code: 'bad-connection-string',
    hint:
      'Take the one of the storage account: "az storage account show-connection-string --name ACCOUNT --output tsv", ' +
      'or in the portal under "Access keys".',
  });
}

/** The place of a drop in this account. */
export function placeIn({ name: account, endpoints }: Account, name: string): AzureAddress {
  const usual = endpointsOf({ account });
  const isUsual = endpoints.queue === usual.queue && endpoints.blob === usual.blob;
  return { kind: 'azure', account, name, ...(isUsual ? {} : { endpoints }) };
}
