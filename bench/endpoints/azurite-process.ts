/** Azurite, in memory, with a queue and a container that the peers use; btr makes its own. */
import { BlobServiceClient } from '@azure/storage-blob';
import { QueueServiceClient } from '@azure/storage-queue';
import { Azurite } from '../../test/tools/azurite.ts';
import { serve } from './answering.ts';

// The SDK takes none that does not say the protocol.
const connectionString = `DefaultEndpointsProtocol=http;${(await Azurite.start()).connectionString}`;
const spare = { queue: 'peer', bucket: 'peer' };
await QueueServiceClient.fromConnectionString(connectionString).createQueue(spare.queue);
await BlobServiceClient.fromConnectionString(connectionString).createContainer(spare.bucket);
const drop = 'azure:bench';
serve({ env: { AZURE_STORAGE_CONNECTION_STRING: connectionString }, spare, drops: { a: drop, b: drop } }, () => ({}));
