/**
 * The page's looks. The choice is kept in this browser, as a cookie: `btr web` takes another port each time, and cookies
 * know none. Without a choice the system's setting holds.
 */
export const themes = { system: 'As the system', light: 'Light', dark: 'Dark', paper: 'Paper' } as const;

export type Theme = keyof typeof themes;

const name = 'btr-theme';
/** Seconds; browsers keep no cookie for longer. */
const stay = 400 * 86_400;

export function isTheme(word: string | undefined): word is Theme {
  return word !== undefined && Object.hasOwn(themes, word);
}

export function chosenTheme(): Theme {
  const pairs = document.cookie.split('; ').map((pair) => pair.split('='));
  const kept = pairs.find(([key]) => key === name)?.[1];
  return isTheme(kept) ? kept : 'system';
}

export function chooseTheme(theme: Theme): void {
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is not in every browser yet
  document.cookie = `${name}=${theme}; Path=/; Max-Age=${stay}; SameSite=Strict`;
  showTheme();
}

/** Takes up the choice; one that was made in another window as soon as this one is turned to. */
export function followTheme(): void {
  addEventListener('focus', showTheme);
  showTheme();
}

function showTheme(): void {
  document.documentElement.dataset.theme = chosenTheme();
}
