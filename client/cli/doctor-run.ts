/** `btr doctor`. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { BtrError, DropError, SetupError } from '../errors.ts';
import type { Finding, Messenger } from '../messenger/index.ts';
import type { Running } from './command.ts';
import { pairingWords } from './pairing-words.ts';
import { visible } from './visible.ts';

/** @throws SetupError or DropError where something is wrong, after all of it was said. */
export async function doctor(running: Running): Promise<void> {
  const { homeDirectory } = await import('../messenger/index.ts');
  const directory = homeDirectory(running.options.home, running.terminal.env);
  tell(running, undefined, {
    what: 'program',
    ok: true,
    text: `btr on Node ${process.versions.node}, ${process.platform}`,
  });
  const messenger = await running.open();
  try {
    const home = await homeFinding(directory);
    tell(running, undefined, home);
    const sick: string[] = [];
    for (const { name } of messenger.channels()) {
      const findings = [...(await dropFindings(running, messenger, name)), ...stateFindings(messenger, name)];
      for (const finding of findings) tell(running, name, finding);
      if (findings.some(({ ok }) => !ok)) sick.push(name);
    }
    if (messenger.channels().length === 0) running.output.note('No channel yet. Make one with: btr channel add');
    if (sick.length > 0) throw unwell(sick);
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

async function dropFindings({ terminal }: Running, messenger: Messenger, name: string): Promise<readonly Finding[]> {
  try {
    return await messenger.check(name, terminal.signal);
  } catch (error) {
    if (!(error instanceof BtrError) || terminal.signal.aborted) throw error;
    return [{ what: 'drop', ok: false, text: `${error.message} ${error.hint ?? ''}` }];
  }
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

function tell({ output }: Running, channel: string | undefined, { what, ok, text }: Finding): void {
  output.event({ event: 'finding', channel: channel ?? null, what, ok, text });
  if (output.json) return;
  const mark = ok ? output.style('green', 'ok ') : output.style('red', 'BAD');
  output.line(`${mark} ${channel === undefined ? '' : `${channel}: `}${what}: ${visible(text)}`);
}

function unwell(channels: readonly string[]): DropError {
  return new DropError(`Something is wrong with the drop of ${channels.join(', ')}.`, {
    code: 'drop-unwell',
    hint: 'The lines marked BAD say what to do.',
    retryable: false,
  });
}
