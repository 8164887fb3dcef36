import type { DropLimits } from '../drop.ts';

const MIB = 1024 * 1024;

/**
 * A folder sets hardly any limits of its own. Bodies are held to what the largest queue takes, so that a channel can
 * move to another drop; parcels to 1 TiB.
 */
export const folderLimits: DropLimits = {
  bodyBytes: MIB,
  batchBodies: 100,
  batchBytes: 8 * MIB,
  parcelBytes: 1024 * 1024 * MIB,
  parcelStay: 14 * 24 * 3_600_000,
};

export const MAX_PARTS = 1_000_000;
/** Every part is synced to the disk before its receipt is given, which is slow for parts smaller than this. */
export const MIN_PART_BYTES = MIB;
/** How a parcel is read: a stored chunk (docs/protocol.md) at a time, which is then opened where it lies. */
export const PIECE_BYTES = MIB + 28;
