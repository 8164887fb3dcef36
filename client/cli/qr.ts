/** QR codes in a terminal: two rows of modules in each line of text. */
import { encode } from 'uqr';
import type { Running } from './command.ts';

/** ISO/IEC 18004 asks for four modules of quiet around the code. */
const border = 4;
/** Black on bright white, and back: so that the theme of the terminal does not matter. */
const [blackOnWhite, plain] = ['\u001b[30;107m', '\u001b[0m'];

/** Draws it where a terminal reads stdout and is wide enough. @returns why it was not drawn. */
export function drawQr({ terminal, output }: Running, data: string | Uint8Array): string | undefined {
  if (!output.isTerminal || output.json) return 'A QR code is drawn on a terminal only.';
  const { size, data: modules } = encode(typeof data === 'string' ? data : [...data], { border });
  const { columns = 80 } = terminal.stdout;
  if (columns < size) return `The QR code is ${size} columns wide, and this terminal has ${columns}.`;
  for (const line of qrLines(modules, output.colored)) {
    output.line(output.colored ? `${blackOnWhite}${line}${plain}` : line);
  }
  return undefined;
}

/** @param inked whether drawn blocks are the dark modules; else, as on a dark terminal, the light ones. */
export function qrLines(modules: readonly (readonly boolean[])[], inked: boolean): string[] {
  const lines: string[] = [];
  for (let row = 0; row < modules.length; row += 2) {
    const [upper = [], lower = []] = modules.slice(row, row + 2);
    lines.push(upper.map((dark, column) => block(dark === inked, (lower[column] ?? false) === inked)).join(''));
  }
  return lines;
}

function block(upper: boolean, lower: boolean): string {
  if (upper) return lower ? '█' : '▀';
  return lower ? '▄' : ' ';
}
