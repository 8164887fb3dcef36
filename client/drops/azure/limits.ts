/** What an Azure drop takes. Apart from the code that needs the SDK, so that looking them up loads nothing of it. */

/** A message's longest text ("Put Message"). Sealed text is base64url, which XML carries as it is. */
export const bodyBytes = 65_536;
/** What is left again after a failure in the middle of a call; a repeat costs the receiver little. */
export const batchBodies = 16;
/** Blocks of a blob ("Put Block List"), and a size for which parts of 8 MiB are enough. */
export const maxParts = 50_000;
export const minPartBytes = 1;
export const parcelBytes = 256 * 1024 ** 3;
export const parcelStay = 14 * 86_400_000;
