/** Where the page begins. */
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { claimView } from './browser/notifications.ts';
import { followTheme } from './browser/theme.ts';
import { SessionContext } from './hooks.ts';
import { Session } from './session.ts';

const place = document.getElementById('page');
if (!place) throw new Error('index.html has no place for the page');
const session = new Session();
followTheme();
claimView();
session.start();
createRoot(place).render(
  <SessionContext value={session}>
    <App />
  </SessionContext>,
);
