/** The least that a program with Ink shows: one line with a prompt, until Ctrl-C. */
import { Box, render, Text, useInput } from 'ink';
import { createElement } from 'react';

function Prompt() {
  useInput(() => {});
  return createElement(Box, {}, createElement(Text, {}, 'ready'));
}

render(createElement(Prompt));
