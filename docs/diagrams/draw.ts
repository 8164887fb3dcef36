/**
 * Draws docs/way-of-a-message.svg from docs/diagrams/way-of-a-message.txt, whose head explains the language.
 * Run it with `node docs/diagrams/draw.ts`; a test holds that the two agree.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Sizes in pixels. */
const margin = 20;
const laneWidth = 300;
const laneGap = 40;
const headingHeight = 34;
const lineHeight = 18;
const boxPadding = 10;
const rowGap = 14;
const arrowHeight = 30;

interface Lane {
  readonly id: string;
  readonly heading: string;
}

interface Box {
  readonly lane: string;
  readonly lines: readonly string[];
}

type Row =
  | { readonly kind: 'boxes'; readonly boxes: readonly Box[] }
  | { readonly kind: 'arrow'; readonly from: string; readonly to: string; readonly label: string };

export interface Diagram {
  readonly lanes: readonly Lane[];
  readonly rows: readonly Row[];
}

/** @throws Error naming the line that can't be read. */
export function parseDiagram(source: string): Diagram {
  const lanes: Lane[] = [];
  const rows: Row[] = [];
  for (const [index, raw] of source.split('\n').entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const [, head, rest] = /^([^:]+): *(.+)$/.exec(line) ?? [];
    if (head === undefined || rest === undefined) throw new Error(`line ${index + 1} of the diagram says nothing`);
    if (head.startsWith('lane ')) lanes.push({ id: head.slice(5).trim(), heading: rest });
    else rows.push(parseRow(head, rest));
  }
  for (const row of rows) {
    for (const id of lanesOf(row)) {
      if (!lanes.some((lane) => lane.id === id)) throw new Error(`the diagram has no lane ${id}`);
    }
  }
  return { lanes, rows };
}

function parseRow(head: string, rest: string): Row {
  const [from = '', to] = head.split('->').map((id) => id.trim());
  if (to !== undefined) return { kind: 'arrow', from, to, label: rest };
  const ids = head.split('+').map((id) => id.trim());
  const texts = rest.split('||');
  if (ids.length !== texts.length) throw new Error(`as many boxes as lanes are needed: ${head}`);
  const boxes = ids.map((lane, index) => ({ lane, lines: (texts[index] ?? '').split('|').map((text) => text.trim()) }));
  return { kind: 'boxes', boxes };
}

function lanesOf(row: Row): string[] {
  return row.kind === 'arrow' ? [row.from, row.to] : row.boxes.map(({ lane }) => lane);
}

/** The SVG, with a title and a description for those who hear it read. */
export function drawDiagram({ lanes, rows }: Diagram, title: string): string {
  const left = (id: string) => margin + lanes.findIndex((lane) => lane.id === id) * (laneWidth + laneGap);
  const middle = (id: string) => left(id) + laneWidth / 2;
  const drawn: string[] = [];
  let y = margin + headingHeight + rowGap;
  for (const row of rows) {
    if (row.kind === 'arrow') {
      drawn.push(...drawArrow(middle(row.from), middle(row.to), y, row.label));
      y += arrowHeight + rowGap;
      continue;
    }
    const height = Math.max(...row.boxes.map(({ lines }) => lines.length)) * lineHeight + 2 * boxPadding;
    for (const box of row.boxes) drawn.push(...drawBox(left(box.lane), y, height, box.lines));
    y += height + rowGap;
  }
  const width = 2 * margin + lanes.length * laneWidth + (lanes.length - 1) * laneGap;
  const bottom = y;
  const columns = lanes.flatMap(({ id, heading }) => [
    `<line class="lane" x1="${middle(id)}" y1="${margin + headingHeight}" x2="${middle(id)}" y2="${bottom}"/>`,
    `<rect class="heading" x="${left(id)}" y="${margin}" width="${laneWidth}" height="${headingHeight}" rx="6"/>`,
    text(middle(id), margin + headingHeight / 2 + 5, heading, 'head'),
  ]);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${bottom + margin}" viewBox="0 0 ${width} ${bottom + margin}" role="img">`,
    `<title>${escapeXml(title)}</title>`,
    `<desc>${escapeXml(describe({ lanes, rows }))}</desc>`,
    style,
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0 8 4 0 8z" fill="#8a4b00"/></marker></defs>',
    `<rect x="0" y="0" width="${width}" height="${bottom + margin}" fill="#ffffff"/>`,
    ...columns,
    ...drawn,
    '</svg>',
    '',
  ].join('\n');
}

/** Colours that hold up on paper and for those who see no red or green. */
const style = `<style>
text { font: 13px system-ui, "Segoe UI", "DejaVu Sans", sans-serif; fill: #1b1f24; text-anchor: middle; }
text.head { font-weight: 600; fill: #ffffff; }
text.label { fill: #6b3a00; font-style: italic; }
rect.heading { fill: #1f4e79; }
rect.box { fill: #eef4fa; stroke: #1f4e79; }
line.lane { stroke: #c4cdd6; stroke-dasharray: 4 4; }
line.arrow { stroke: #8a4b00; stroke-width: 1.5; }
</style>`;

function drawBox(x: number, y: number, height: number, lines: readonly string[]): string[] {
  const top = y + (height - lines.length * lineHeight) / 2 + 13;
  return [
    `<rect class="box" x="${x}" y="${y}" width="${laneWidth}" height="${height}" rx="6"/>`,
    ...lines.map((line, index) => text(x + laneWidth / 2, top + index * lineHeight, line)),
  ];
}

/** The label has white behind it, so that no lane runs through it. */
function drawArrow(from: number, to: number, y: number, label: string): string[] {
  const center = (from + to) / 2;
  const line = y + arrowHeight - 8;
  const width = label.length * 7 + 12;
  return [
    `<line class="arrow" x1="${from}" y1="${line}" x2="${to}" y2="${line}" marker-end="url(#tip)"/>`,
    `<rect x="${center - width / 2}" y="${y}" width="${width}" height="16" fill="#ffffff"/>`,
    text(center, y + 12, label, 'label'),
  ];
}

function text(x: number, y: number, content: string, name?: string): string {
  return `<text${name === undefined ? '' : ` class="${name}"`} x="${x}" y="${y}">${escapeXml(content)}</text>`;
}

function escapeXml(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function describe({ lanes, rows }: Diagram): string {
  const name = (id: string) => lanes.find((lane) => lane.id === id)?.heading ?? id;
  const sentences = rows.flatMap((row) =>
    row.kind === 'arrow'
      ? [`${name(row.from)} to ${name(row.to)}: ${row.label}.`]
      : row.boxes.map(({ lane, lines }) => `${name(lane)}: ${lines.join(' ')}.`),
  );
  return sentences.join(' ');
}

/** What the SVG is to be, from the source beside this file. */
export function wayOfAMessage(): string {
  const source = readFileSync(new URL('way-of-a-message.txt', import.meta.url), 'utf8');
  return drawDiagram(parseDiagram(source), 'The way of a message');
}

export const wayOfAMessageFile = new URL('../way-of-a-message.svg', import.meta.url);

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(wayOfAMessageFile, wayOfAMessage());
