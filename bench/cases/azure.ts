/** Messages and a large file over an Azure drop, beside the SDK alone. */
import type { Case } from '../case.ts';
import { raceMessages } from '../message-race.ts';
import { raceParcels } from '../parcel-race.ts';
import { sdkProgram } from '../peers/sdk-program.ts';

export const azure: Case = {
  name: 'azure',
  about:
    "The lines of messages and the file of parcel-aws over an Azure drop, on Azurite in memory. Beside them a loop with Azure's SDK that sends, receives and deletes one at a time, and a bundled program with its `uploadFile` and `downloadToFile` as they come (above 256 MiB in blocks, as btr always does). The row without a step is that of the parcel's two that is farther from its aim.",
  async run(bench) {
    const lines = { name: 'azure (messages)', kind: 'azurite', peer: 'SDK loop', script: 'azure-loop.ts' } as const;
    const peers = new Map([['SDK', sdkProgram(bench, bench.peers.azureParcel)]]);
    return [...(await raceParcels(bench, { name: 'azure', kind: 'azurite', peers })), await raceMessages(bench, lines)];
  },
};
