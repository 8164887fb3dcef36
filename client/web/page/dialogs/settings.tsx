/** The page's own settings; they stay in this browser. */
import { type ReactNode, useState } from 'react';
import { allowNotifications, areNotificationsAllowed, isNotifyingPossible } from '../browser/notifications.ts';
import { chooseTheme, chosenTheme, isTheme, themes } from '../browser/theme.ts';
import { usePage } from '../hooks.ts';
import { Dialog } from '../parts/dialog.tsx';

export function SettingsDialog({ onClose }: { readonly onClose: () => void }): ReactNode {
  const version = usePage((state) => state.version);
  return (
    <Dialog title="Settings" onClose={onClose}>
      <ThemeChoice />
      <Notifying />
      <p className="hint">{version}</p>
    </Dialog>
  );
}

function ThemeChoice(): ReactNode {
  const [theme, setTheme] = useState(chosenTheme);
  const choose = (word: string) => {
    if (!isTheme(word)) return;
    chooseTheme(word);
    setTheme(word);
  };
  return (
    <fieldset className="themes">
      <legend>Theme</legend>
      {Object.entries(themes).map(([name, label]) => (
        <label key={name} className="choice">
          <input type="radio" name="theme" checked={theme === name} onChange={() => choose(name)} /> {label}
        </label>
      ))}
    </fieldset>
  );
}

function Notifying(): ReactNode {
  const [isAllowed, setAllowed] = useState(areNotificationsAllowed);
  const [isRefused, setRefused] = useState(false);
  const ask = async () => {
    const allowed = await allowNotifications();
    setAllowed(allowed);
    setRefused(!allowed);
  };
  return (
    <section>
      <h3>Desktop notifications</h3>
      <p className="hint">
        They say who wrote, never what, and come only while no window of this page is in view. The browser keeps its yes
        for one address: btr web --port gives the same one each time.
      </p>
      {isNotifyingPossible() && !isAllowed && (
        <button type="button" onClick={ask}>
          Allow notifications
        </button>
      )}
      <p role="status">
        {isAllowed && 'They are allowed.'}
        {isRefused && 'The browser refuses them: its settings for this page decide.'}
      </p>
    </section>
  );
}
