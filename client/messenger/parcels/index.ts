/** Sending and fetching files: what the rest of the messenger uses of this folder. */
export { abandonDownload, type Downloaded, type DownloadRequest, download } from './download.ts';
export type { JournalPart, TransferJournal } from './journal.ts';
export { numberedName, safeFileName } from './names.ts';
export { openSource, type Skipped, type Source, type SourceOptions } from './source.ts';
export { type DownloadTarget, targetAt } from './target.ts';
export { abandonUpload, type UploadRequest, upload } from './upload.ts';
