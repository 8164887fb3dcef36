/** `btr doctor`. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { SetupError } from '../errors.ts';
import type { Finding, Messenger } from '../messenger/index.ts';
import { pairingWords } from '../ui/pairing-words.ts';
import type { Running } from './command.ts';
import { tellFinding, unwell } from './findings.ts';

/** @throws SetupError or DropError where something is wrong, after all of it was said. */
export async function doctor(running: Running): Promise<void> {
  const { homeDirectory } = await import('../messenger/index.ts');
  const directory = homeDirectory(running.options.home, running.terminal.env);
  tellFinding(
    running,
    {},
    {
      what: 'program',
      ok: true,
      text: `btr on Node ${process.versions.node}, ${process.platform}`,
    },
  );
  const messenger = await running.open();
  try {
    const home = await homeFinding(directory);
    tellFinding(running, {}, home);
    const sick: string[] = [];
    for (const { name } of messenger.channels()) {
      const drops = await tellDrops(running, messenger, name);
      const state = stateFindings(messenger, name);
      for (const finding of state) tellFinding(running, { channel: name }, finding);
      if ([...drops, ...state].some(({ ok }) => !ok)) sick.push(name);
    }
    if (messenger.channels().length === 0) running.output.note('No channel yet. Make one with: btr channel add');
    if (sick.length > 0) throw unwell(`the drop of ${sick.join(', ')}`);
    if (!home.ok)
      throw new SetupError('The home is open to others.', { code: 'home-open', hint: `chmod -R go= ${directory}` });
  } finally {
    await messenger.close();
  }
}

async function homeFinding(directory: string): Promise<Finding> {
  const modes = await Promise.all(
    [directory, join(directory, 'key')].map(async (path) => (await stat(path)).mode & 0o077),
  );
  const open = process.platform !== 'win32' && modes.some((mode) => mode !== 0);
  const text = open ? `${directory} can be read by others: chmod -R go= ${directory}` : `${directory}, only yours`;
  return { what: 'home', ok: !open, text };
}

/** Findings name their drop where the channel has several. */
async function tellDrops(running: Running, messenger: Messenger, channel: string): Promise<readonly Finding[]> {
  const checked = await messenger.checkDrops(channel, undefined, running.terminal.signal);
  for (const { drop, findings } of checked) {
    const about = checked.length > 1 ? { channel, drop } : { channel };
    for (const finding of findings) tellFinding(running, about, finding);
  }
  return checked.flatMap(({ findings }) => findings);
}

function stateFindings(messenger: Messenger, name: string): Finding[] {
  const { queued, sent } = messenger.pending(name);
  const pairing = messenger.pairing(name);
  const waiting = { what: 'outbox', ok: true, text: `${queued} queued, ${sent} sent and not acknowledged` };
  const quarantined = messenger.quarantine(name).map(({ reason, count }) => ({
    what: 'quarantine',
    ok: true,
    text: `${count} ${reason}${reason === 'unopened' && !pairing ? `: btr channel set ${name} --pin tries them with another PIN` : ''}`,
  }));
  if (!pairing) return [waiting, ...quarantined];
  const joined = { what: 'pairing', ok: !pairing.changed, text: pairingWords(name, pairing) };
  return [joined, waiting, ...quarantined];
}
