/**
 * `npm run screenshots`: the pictures of the README, of real programs: the chat as a terminal in a browser draws what
 * it wrote, and the page as the browser shows it. `node test/screenshots.ts FOLDER` puts them elsewhere.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { noBrowser, startBrowser, Window } from './tools/browser.ts';
import { builtProgram, repository } from './tools/built.ts';
import { invites, joins, newcomer, pairingOf } from './tools/invited.ts';
import { draw } from './tools/pty.ts';
import { type Person, Stage } from './tools/stage.ts';

const [folder = join(repository, 'docs', 'screenshots')] = process.argv.slice(2);
const terminal = { columns: 92, rows: 20 };
const last = 'Both fetched. See you at eight, and bring the long list.';

const talk: readonly (readonly ['alice' | 'bob', string])[] = [
  ['bob', 'Morning! The new key works, and the old one is gone from the account.'],
  ['alice', 'Good. I am on the train and go under the radar every five minutes, so some of this will come late.'],
  ['bob', 'Nothing gets lost, says the manual 🙂'],
  ['alice', 'The manual is right so far. The figures for Friday?'],
  ['bob', 'On their way: two files, gone from the drop tomorrow.'],
];

if (noBrowser) throw new Error(noBrowser);
await using stage = await Stage.make();
const { alice, bob } = await friends(stage);
await using browser = await startBrowser();
await mkdir(folder, { recursive: true });
await using _listening = bob.start(['listen', 'alice', '--quiet'], { patience: 300_000 });
await pictureChat(browser, alice);
for (const scheme of ['light', 'dark'] as const) await picturePage(browser, alice, scheme);

/** Two people who have paired, compared their numbers and talked; carol is invited and has not joined. */
async function friends(place: Stage): Promise<{ alice: Person; bob: Person }> {
  const [one, other] = [await newcomer(place, 'alice'), await newcomer(place, 'bob')];
  const invited = await invites(one, 'bob', '--as', 'a', '--drop', `folder:${place.path('drop')}`);
  await joins(other, invited, invited.pin, '--name', 'alice');
  for (const person of [one, other, one, other]) await person.listens();
  if ((await pairingOf(one)) === undefined) throw new Error('they have not paired');
  await one.run(['verify', 'bob', '--yes']);
  await invites(one, 'carol', '--as', 'a', '--drop', `folder:${place.path('other-drop')}`);
  for (const [who, text] of talk) {
    await (who === 'alice' ? one : other).run(['send', who === 'alice' ? 'bob' : 'alice', '--whole'], { input: text });
    for (const person of [one, other]) await person.run(['listen', who === 'alice' ? 'bob' : 'alice', '--once']);
    for (const person of [other, one]) await person.run(['listen', person === one ? 'bob' : 'alice', '--once']);
  }
  for (const [name, bytes] of [
    ['friday.ods', 48_213],
    ['site-plan.pdf', 2_340_118],
  ] as const) {
    await writeFile(place.path(name), Buffer.alloc(bytes, name));
    await other.run(['send', 'alice', '--file', place.path(name), '--ttl', '1d']);
  }
  await one.run(['listen', 'bob', '--once']);
  await one.run(['send', 'bob', last]);
  return { alice: one, bob: other };
}

/** What the chat draws, in the terminal emulator that many programs embed. */
async function pictureChat(browser: Browser, person: Person): Promise<void> {
  const program = { file: process.execPath, args: [builtProgram(), 'chat', 'bob'], env: person.env };
  const { output } = await draw(program, { ...terminal, until: [last.slice(0, 20)], settle: 2000 });
  const page = await browser.newPage({ viewport: { width: 900, height: 560 }, deviceScaleFactor: 2 });
  const xterm = (path: string) => fileURLToPath(import.meta.resolve(`@xterm/xterm/${path}`));
  await page.setContent(
    '<body style="margin:0;background:#14161b"><div id="screen" style="padding:14px"></div></body>',
  );
  await page.addStyleTag({ path: xterm('css/xterm.css') });
  await page.addScriptTag({ path: xterm('lib/xterm.js') });
  await page.evaluate(drawing(output));
  await page.locator('#screen').screenshot({ path: join(folder, 'chat.png') });
  await page.close();
}

/** For the browser. */
function drawing(output: string): string {
  const theme = { background: '#14161b', foreground: '#d7dae0' };
  const options = { cols: terminal.columns, rows: terminal.rows, theme, fontSize: 15, fontFamily: 'DejaVu Sans Mono' };
  return `new Promise((done) => {
    const screen = new Terminal(${JSON.stringify(options)});
    screen.open(document.getElementById('screen'));
    screen.write(${JSON.stringify(output)}, done);
  })`;
}

async function picturePage(browser: Browser, person: Person, colorScheme: 'light' | 'dark'): Promise<void> {
  const looks = { viewport: { width: 1100, height: 700 }, deviceScaleFactor: 2, colorScheme };
  await using window = await Window.open(browser, person, looks);
  await window.page.getByText('bob').first().click();
  await window.page.getByText(last).first().waitFor();
  await window.page.screenshot({ path: join(folder, `page-${colorScheme}.png`) });
}
