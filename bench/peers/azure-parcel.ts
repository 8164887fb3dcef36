/** A plain upload, or a plain download, of a file with the SDK as it comes. */
import { BlobServiceClient } from '@azure/storage-blob';

const [how, container = '', path = ''] = process.argv.slice(2);
const service = BlobServiceClient.fromConnectionString(process.env.AZURE_STORAGE_CONNECTION_STRING ?? '');
const blob = service.getContainerClient(container).getBlockBlobClient('plain');
await (how === 'put' ? blob.uploadFile(path) : blob.downloadToFile(path));
