/** Draws the chat and hands its keys on. */
import { Box, Text, useApp, useCursor, useInput, usePaste, useWindowSize } from 'ink';
import { type ComponentProps, useSyncExternalStore } from 'react';
import type { Chat } from './chat.ts';
import { type Action, actionsOf } from './keys.ts';
import type { Line, Tone } from './lines.ts';
import { stopProcess } from './suspend.ts';

type Style = Pick<ComponentProps<typeof Text>, 'color' | 'bold' | 'dimColor' | 'inverse'>;

const styles: Readonly<Record<Tone, Style>> = {
  plain: {},
  dim: { dimColor: true },
  strong: { bold: true },
  mine: { color: 'green' },
  warning: { color: 'yellow' },
  accent: { color: 'cyan' },
  chosen: { inverse: true },
};

function styleOf(tone: Tone, isColored: boolean): Style {
  const { color, ...rest } = styles[tone];
  return isColored && color !== undefined ? { color, ...rest } : rest;
}

interface AppProps {
  readonly chat: Chat;
  readonly isColored: boolean;
}

export function App({ chat, isColored }: AppProps) {
  const { suspendTerminal } = useApp();
  const { columns, rows } = useWindowSize();
  const { setCursorPosition } = useCursor();
  useSyncExternalStore(chat.subscribe, chat.version);

  const act = (action: Action) => {
    // A terminal in raw mode leaves both to the program.
    if (action.type === 'interrupt') process.kill(process.pid, 'SIGINT');
    else if (action.type === 'suspend') suspendTerminal(stopProcess).catch((error: unknown) => chat.fail(error));
    else chat.act(action);
  };
  useInput((input, key) => {
    for (const action of actionsOf(input, key)) act(action);
  });
  usePaste((text) => chat.paste(text));

  const frame = chat.frame(columns, rows);
  setCursorPosition(frame.cursor);
  return (
    <Box flexDirection="column" width={columns} height={rows}>
      {frame.rows.map((line, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a row is its place on the screen and nothing else
        <Row key={row} line={line} isColored={isColored} />
      ))}
    </Box>
  );
}

interface RowProps {
  readonly line: Line;
  readonly isColored: boolean;
}

function Row({ line, isColored }: RowProps) {
  if (line.length === 0) return <Text> </Text>;
  return (
    <Text wrap="truncate">
      {line.map(({ text, tone }, place) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: as above
        <Text key={place} {...styleOf(tone, isColored)}>
          {text}
        </Text>
      ))}
    </Text>
  );
}
