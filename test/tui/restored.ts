/** What a terminal is like after the chat. */
import assert from 'node:assert/strict';
import type { Screen } from '../tools/screen.ts';

/** That the terminal is as it was: its own screen, a cursor, and no title of ours. */
export async function assertRestored(screen: Screen): Promise<void> {
  const [alternate, cursor, title = ''] = (await screen.ask('#{alternate_on} #{cursor_flag} #{pane_title}')).split(' ');
  assert.deepEqual([alternate, cursor], ['0', '1']);
  assert.doesNotMatch(title, /bob|alice|owned/);
}

/** That the shell's terminal shows what is typed, line by line. */
export async function assertEcho(screen: Screen): Promise<void> {
  await screen.enter('stty -a | grep -oE " (echo|icanon) " | tr -d " " | sort | paste -sd+ | sed s/$/-are-on/');
  await screen.untilView(/^echo\+icanon-are-on$/m);
}
