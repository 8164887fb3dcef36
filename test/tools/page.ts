/** The parts of the page of `btr web` by what people call them. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Locator, Page } from 'playwright-core';

const axeSource = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

export const themes = ['Light', 'Dark', 'Paper'] as const;

export function composer(page: Page): Locator {
  return page.getByRole('textbox', { name: 'Message', exact: true });
}

/** What stands in the history. */
export function shown(page: Page, text: string): Locator {
  return page.getByRole('region', { name: 'Messages' }).getByText(text, { exact: true });
}

/** The texts of the history, in the order in which they stand there. */
export function textsShown(page: Page): Promise<readonly string[]> {
  return page.locator('.history .prose').allInnerTexts();
}

export function button(page: Page, name: string | RegExp): Locator {
  return page.getByRole('button', { name, exact: typeof name === 'string' });
}

export async function sendText(page: Page, text: string): Promise<void> {
  await composer(page).fill(text);
  await composer(page).press('Enter');
}

export async function openChannel(page: Page, name: string): Promise<void> {
  await page
    .getByRole('navigation')
    .getByRole('button', { name: new RegExp(`^${name}`) })
    .click();
}

export async function openDialog(page: Page, name: string): Promise<Locator> {
  await button(page, name).click();
  const dialog = page.getByRole('dialog');
  await dialog.waitFor();
  return dialog;
}

export async function closeDialog(page: Page): Promise<void> {
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
}

export async function chooseTheme(page: Page, theme: string): Promise<void> {
  await openDialog(page, 'Settings');
  await page.getByRole('radio', { name: theme }).check();
  await closeDialog(page);
}

/** Makes `findings` possible, until the page is loaded anew. */
export async function bringAxe(page: Page): Promise<void> {
  await page.evaluate(await readFile(axeSource, 'utf8'));
}

/** What axe finds wrong with the page as it is. */
export async function findings(page: Page): Promise<readonly string[]> {
  const found: { id: string; nodes: { html: string; failureSummary: string }[] }[] = await page.evaluate(
    'axe.run().then(({ violations }) => violations)',
  );
  return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`)}`);
}

/** The 60 digits that the dialog of the safety number shows. */
export async function safetyNumber(page: Page): Promise<string> {
  await openDialog(page, 'Safety number');
  return (await page.locator('.digits').innerText()).replaceAll(/\s/g, '');
}
