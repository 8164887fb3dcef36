/**
 * ssh2 makes new buffers of every packet, several times as many bytes as a file has. V8 collects all garbage whenever
 * 64 MiB of such memory have come since the last time, which took a third of what a large file costs; with this flag it
 * counts such memory with the rest of the heap, and hardly ever does. For the versions of V8 where that was seen.
 */
import { setFlagsFromString } from 'node:v8';

if (process.versions.v8.startsWith('13.')) setFlagsFromString('--external-memory-accounted-in-global-limit');
