/**
 * Desktop notifications: without any text of the message, only while no window of the page is in view, once however
 * many windows there are. Windows in view share a lock; who wants to notify must get it alone.
 */
const lock = 'btr-in-view';

export function isNotifyingPossible(): boolean {
  return 'Notification' in window;
}

/** To be called by a click. */
export async function allowNotifications(): Promise<boolean> {
  return (await Notification.requestPermission()) === 'granted';
}

export function areNotificationsAllowed(): boolean {
  return isNotifyingPossible() && Notification.permission === 'granted';
}

/** Holds the lock for as long as this window is in view. */
export function claimView(): void {
  let leave: (() => void) | undefined;
  const look = () => {
    leave?.();
    leave = undefined;
    if (document.visibilityState !== 'visible') return;
    const { promise, resolve } = Promise.withResolvers<void>();
    leave = resolve;
    void navigator.locks.request(lock, { mode: 'shared' }, () => promise);
  };
  document.addEventListener('visibilitychange', look);
  look();
}

/** @param row makes the same notification from two windows one. */
export async function notify(channel: string, row: number, open: () => void): Promise<void> {
  if (!areNotificationsAllowed() || document.visibilityState === 'visible') return;
  await navigator.locks.request(lock, { ifAvailable: true }, (held) => {
    if (!held) return;
    const notification = new Notification(`New message from ${channel}`, { tag: `btr-${channel}-${row}` });
    notification.onclick = () => {
      notification.close();
      window.focus();
      open();
    };
  });
}
