/** Every way out of the chat gives the terminal back as it was. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { noTerminal, Screen } from '../tools/screen.ts';
import { type Person, Stage } from '../tools/stage.ts';
import { assertEcho, assertRestored } from './restored.ts';

const skip = noTerminal;
const ready = /^> Talking with bob\./m;

let stage: Stage;
before(async () => {
  stage = await Stage.make();
});
after(() => stage[Symbol.asyncDispose]());

async function openShell(owner: Person): Promise<Screen> {
  const screen = await Screen.run(owner, ['bash', '--norc', '--noprofile', '-i']);
  await screen.enter("PS1='shell>'");
  await screen.untilView(/^shell>$/m);
  return screen;
}

describe('ways out of the chat', { concurrency: 3 }, () => {
  test('Ctrl-Z and fg, and every way out, leave the terminal as it was', { skip }, async () => {
    const { alice } = await stage.folderPair();
    await using screen = await openShell(alice);
    await screen.enterBtr(['chat']);
    await screen.untilView(ready);
    await screen.type('kept');
    await screen.untilView(/^> kept$/m);
    await screen.press('C-z');
    await screen.untilView(/Stopped(.*\n)+shell>$/m);
    await assertRestored(screen);
    await screen.enter('stty -a | grep -o " echo "; fg');
    await screen.untilView(/^> kept$/m);
    await screen.type(' on');
    await screen.untilView(/^> kept on$/m);
    await screen.press('C-u', 'C-d');
    await screen.untilView(/shell>$/m);
    for (const signal of ['SIGTERM', 'SIGHUP'] as const) {
      await screen.enter('clear');
      await screen.enterBtr(['chat']);
      await screen.untilView(ready);
      await screen.signal(signal);
      await screen.untilView(/\[exit 130\]\n(.*\n)*shell>$/m);
      await assertRestored(screen);
      await assertEcho(screen);
    }
  });

  test('a fault ends the chat with what happened, on a terminal that is as it was', { skip }, async () => {
    const { alice } = await stage.folderPair();
    await using screen = await openShell(alice);
    const faults = {
      'throw new Error("a fault")': /^btr: Something went wrong inside btr: a fault$/m,
      'Promise.reject(new Error("a rejection"))': /^btr: Something went wrong inside btr: a rejection$/m,
    };
    for (const [fault, said] of Object.entries(faults)) {
      await writeFile(stage.path('fault.mjs'), `process.on('SIGUSR2', () => { ${fault}; });`);
      await screen.enter(`clear; export NODE_OPTIONS=--import=${stage.path('fault.mjs')}`);
      await screen.enterBtr(['chat']);
      await screen.untilView(ready);
      await screen.signal('SIGUSR2');
      await screen.untilView(/\[exit 1\]\n(.*\n)*shell>$/m);
      assert.match(await screen.view(), said);
      await assertRestored(screen);
      await assertEcho(screen);
    }
  });
});
