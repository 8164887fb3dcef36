/** The keys, and what the marks mean. */
import type { ReactNode } from 'react';
import { Dialog } from '../parts/dialog.tsx';
import { Icon } from '../parts/icon.tsx';
import { deliveryWords } from '../words.ts';

const keys: readonly (readonly [string, string])[] = [
  ['Enter', 'send the message'],
  ['Shift Enter', 'begin a new line'],
  ['Alt ↓, Alt ↑', 'the next channel, the one before'],
  ['↓, ↑, Home, End', 'move among the channels in the list'],
  ['Ctrl K', 'search in the channel'],
  ['Ctrl /', 'this help'],
  ['Esc', 'close a dialog or the search'],
  ['Page ↑, Page ↓', 'scroll, with the focus on the messages'],
];

export function HelpDialog({ onClose }: { readonly onClose: () => void }): ReactNode {
  return (
    <Dialog title="Keyboard and help" onClose={onClose}>
      <table>
        <caption className="unseen">Keys</caption>
        <tbody>
          {keys.map(([key, what]) => (
            <tr key={key}>
              <th scope="row">
                <kbd>{key}</kbd>
              </th>
              <td>{what}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <h3>Marks</h3>
      <ul className="marks">
        <li>
          <Icon name="clock" /> {deliveryWords('queued')}
        </li>
        <li>
          <Icon name="check" /> {deliveryWords('sent')}
        </li>
        <li className="delivered">
          <Icon name="checks" /> {deliveryWords('delivered')}
        </li>
        <li>
          <Icon name="shield" /> Verified: you have compared the safety number
        </li>
      </ul>
      <p className="hint">Files go by the clip, by pasting, or by dropping them on the page.</p>
    </Dialog>
  );
}
