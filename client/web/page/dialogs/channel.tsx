/** What can be set and seen of one channel. */
import { type ReactNode, useState } from 'react';
import type { ApiChannel, CheckedDrop, Drops } from '../../api.ts';
import { inChannel, post, urlOf } from '../browser/server.ts';
import { useAnswer, useSession } from '../hooks.ts';
import { Dialog, Problem } from '../parts/dialog.tsx';
import { Icon } from '../parts/icon.tsx';
import { Text } from '../parts/text.tsx';
import { spanWords } from '../words.ts';

interface ChannelDialogProps {
  readonly channel: ApiChannel;
  readonly onClose: () => void;
  readonly onInvite: () => void;
}

export function ChannelDialog({ channel, onClose, onInvite }: ChannelDialogProps): ReactNode {
  const { name, role, suiteText, pairing } = channel;
  return (
    <Dialog title={name} onClose={onClose}>
      <dl>
        <dt>Encryption</dt>
        <dd>{suiteText}</dd>
        {pairing && (
          <>
            <dt>Pairing</dt>
            <dd>{pairing.paired ? `Joined, ${pairing.verified ? 'verified' : 'not verified'}` : pairing.text}</dd>
          </>
        )}
        <dt>Your side</dt>
        <dd>{role}</dd>
      </dl>
      {pairing && (
        <button type="button" onClick={onInvite}>
          {pairing.paired ? `${name} has a new home: invite again` : 'Make an invite'}
        </button>
      )}
      <Timer channel={channel} />
      <DropList name={name} />
      <Export name={name} />
      <Swap name={name} />
    </Dialog>
  );
}

const timers = [30, 300, 3600, 28_800, 86_400, 604_800, 2_419_200];

function Timer({ channel: { name, timer } }: { readonly channel: ApiChannel }): ReactNode {
  const session = useSession();
  const choices = timer === undefined || timers.includes(timer) ? timers : [...timers, timer].toSorted((a, b) => a - b);
  const set = (value: string) =>
    session.try(() => post(inChannel(name, 'timer'), { seconds: value === '' ? null : Number(value) }));
  return (
    <section className="fields">
      <label>
        New messages go away
        <select value={timer ?? ''} onChange={({ target }) => void set(target.value)}>
          <option value="">never</option>
          {choices.map((seconds) => (
            <option key={seconds} value={seconds}>
              {spanWords(seconds)} after they were seen
            </option>
          ))}
        </select>
      </label>
    </section>
  );
}

function DropList({ name }: { readonly name: string }): ReactNode {
  const session = useSession();
  const { value, problem } = useAnswer<Drops>(inChannel(name, 'drops'));
  const [checked, setChecked] = useState<readonly CheckedDrop[] | 'running'>();
  const check = async () => {
    setChecked('running');
    const isDone = await session.try(async () => {
      const { drops } = await post<{ drops: readonly CheckedDrop[] }>(inChannel(name, 'check'));
      setChecked(drops);
    });
    if (!isDone) setChecked(undefined);
  };
  return (
    <section>
      <h3>Drops</h3>
      <Problem text={problem} />
      <ul className="drop-list">
        {value?.drops.map((drop) => (
          <li key={drop.id}>
            <Text text={drop.text} /> <span className="hint">{drop.state}</span>
          </li>
        ))}
      </ul>
      {value && value.drops.length > 1 && <p className="hint">{value.policy}</p>}
      <button type="button" onClick={check} disabled={checked === 'running'}>
        {checked === 'running' ? 'Checking…' : 'Check them'}
      </button>
      <div role="status">{Array.isArray(checked) && <Findings drops={checked} />}</div>
    </section>
  );
}

function Findings({ drops }: { readonly drops: readonly CheckedDrop[] }): ReactNode {
  return drops.map(({ text, findings }) => (
    <ul key={text} className="findings" aria-label={text}>
      {findings.map(({ ok, what, text: said }) => (
        <li key={what} className={ok ? 'state-good' : 'state-bad'}>
          <Icon name={ok ? 'check' : 'warn'} label={ok ? 'fine:' : 'trouble:'} /> {what} <Text text={said} />
        </li>
      ))}
    </ul>
  ));
}

function Export({ name }: { readonly name: string }): ReactNode {
  const [format, setFormat] = useState('html');
  return (
    <section className="fields">
      <h3>Export</h3>
      <label>
        As
        <select value={format} onChange={({ target }) => setFormat(target.value)}>
          <option value="html">a page that stands alone</option>
          <option value="text">text</option>
          <option value="json">JSON, one event a line</option>
        </select>
      </label>
      <a className="button" href={urlOf(inChannel(name, `export?format=${format}`))} download>
        <Icon name="download" /> Export the history
      </a>
      <p className="hint">What you export lies readable on this machine.</p>
    </section>
  );
}

function Swap({ name }: { readonly name: string }): ReactNode {
  const session = useSession();
  const swap = async () => {
    if (await session.try(() => post(inChannel(name, 'swap')))) session.say('You have the other side of the drop now.');
  };
  return (
    <details>
      <summary>For testing</summary>
      <p className="hint">Takes the other side of the drop. Your buddy’s home must swap, too.</p>
      <button type="button" onClick={swap}>
        Swap sides
      </button>
    </details>
  );
}
