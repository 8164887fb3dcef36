/** The page's looks. The choice is kept in this browser; without one the system's setting holds. */
export const themes = { system: 'As the system', light: 'Light', dark: 'Dark', paper: 'Paper' } as const;

export type Theme = keyof typeof themes;

const key = 'btr-theme';

export function isTheme(word: string | null): word is Theme {
  return word !== null && Object.hasOwn(themes, word);
}

export function chosenTheme(): Theme {
  const kept = localStorage.getItem(key);
  return isTheme(kept) ? kept : 'system';
}

export function chooseTheme(theme: Theme): void {
  localStorage.setItem(key, theme);
  showTheme();
}

/** Takes up the choice, of other windows too. */
export function followTheme(): void {
  addEventListener('storage', showTheme);
  showTheme();
}

function showTheme(): void {
  document.documentElement.dataset.theme = chosenTheme();
}
