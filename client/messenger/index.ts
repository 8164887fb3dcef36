/** The library: everything that an embedder needs. */
export { type ChannelKey, generateChannelKey, parseChannelKey } from '../crypto/pin.ts';
export type { Suite, SuiteContext, SuiteState } from '../crypto/suite.ts';
export { registerSuite } from '../crypto/suites.ts';
export type { Delivery, Drop, DropLimits, Finding, Letter, ParcelStore } from '../drops/drop.ts';
export type { ExpireOptions, ExpiryReport } from '../drops/expiry.ts';
export { proxyVariables, useProxy } from '../drops/proxy/settings.ts';
export {
  type DropAddress,
  type DropKey,
  type DropKeys,
  type DropKind,
  openDrop,
  parseDropUri,
  registerDrop,
  settleDrop,
} from '../drops/registry.ts';
export type { DropPolicy } from '../drops/several/index.ts';
export * from '../errors.ts';
export { isRole, type Role } from '../protocol/roles.ts';
export { needsPassphrase } from './at-rest.ts';
export type { PairingInfo } from './channel-info.ts';
export type { NewChannel } from './channels.ts';
export type { Change, Conversations, TransferInfo } from './conversations.ts';
export type { MonthCost, PriceTable } from './cost.ts';
export type { AcceptDropOptions, AddDropOptions, AddedDrop } from './drops/add.ts';
export type { RemoveDropOptions, RemovedDrop } from './drops/remove.ts';
export { type CheckedDrop, type DropInfo, type DropUse, reasonsText } from './drops/set.ts';
export type {
  ChannelEvent,
  FileEvent,
  HistoryEvent,
  MessageEvent,
  MessageState,
  NoticeEvent,
  StatusEvent,
} from './events.ts';
export type { FileInfo } from './files.ts';
export type { HistoryEntry, PageOptions } from './history.ts';
export { type ChannelInfo, homeDirectory, Messenger, type MessengerOptions } from './messenger.ts';
export type { Moved, MoveOptions } from './move.ts';
export type { InviteOptions, MadeInvite } from './pairing/invite.ts';
export type { JoinOptions, ReadInvite } from './pairing/join.ts';
export type { Pairings, Verification } from './pairing/pairings.ts';
export { targetAt } from './parcels/target.ts';
export { durationWords, type RetentionChange } from './retention.ts';
export type { Queued, QueueOptions } from './send.ts';
export type { GetFileOptions, SendFileOptions } from './transfers.ts';
