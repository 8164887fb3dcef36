/** The chat at the end of `btr demo --interactive`: one person at a time, and /swap turns into the other. */
import { Chat } from './chat-run.ts';
import type { Running } from './command.ts';
import type { Person } from './demo-person.ts';

export async function demoChat(running: Running, alice: Person, bob: Person): Promise<void> {
  const { output } = running;
  output.line(`\n${output.style('bold', 'Your turn')}`);
  output.line('You are alice. Type lines; /swap turns you into bob, who then reads them. /help, /quit.');
  let [here, there] = [alice, bob];
  for (;;) {
    let swapped = false;
    const chat = new Chat(running, here.messenger, here.buddy, async () => {
      swapped = true;
      chat.end();
    });
    await chat.run();
    if (!swapped) return;
    [here, there] = [there, here];
    output.line(output.style('dim', `You are ${here.name} now.`));
  }
}
