/** Puts the chat on the terminal's alternate screen, and takes it off again. */
import { render } from 'ink';
import { App } from './app.tsx';
import type { Chat } from './chat.ts';

/** Resolves when it is drawn. Answers what gives the terminal back, whatever has happened meanwhile. */
export async function showChat(chat: Chat, isColored: boolean): Promise<() => Promise<void>> {
  const { unmount, waitUntilExit, waitUntilRenderFlush } = render(<App chat={chat} isColored={isColored} />, {
    alternateScreen: true,
    incrementalRendering: true,
    interactive: true,
    exitOnCtrlC: false,
    patchConsole: false,
    // So that Shift+Enter can be told from Enter, where the terminal knows how.
    kittyKeyboard: { mode: 'auto' },
  });
  const exited = waitUntilExit().then(
    () => chat.end(),
    (error: unknown) => chat.fail(error),
  );
  await waitUntilRenderFlush();
  return () => {
    unmount();
    return exited;
  };
}
