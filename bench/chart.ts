/** The chart: for each row and peer a bar from 1 (as the peer) to the left or right, on a logarithmic scale. */
import { type Row, ratioOf } from './case.ts';
import { short } from './report.ts';

const width = 860;
const left = 400;
const right = 90;
const line = 26;
const top = 54;
const colors = { better: '#2a7f62', worse: '#b8860b', axis: '#888888', text: '#333333' } as const;

interface Bar {
  readonly label: string;
  /** How many times better than the peer: above 1 is better, whatever the unit. */
  readonly factor: number;
}

/** An SVG image of the ratios to each row's first peer. Rows without a peer are left out. */
export function drawChart(rows: readonly Row[]): string {
  const bars = rows.flatMap(barOf);
  const reach = Math.max(Math.log10(2), ...bars.map(({ factor }) => Math.abs(Math.log10(factor))));
  const lowest = Math.min(0, ...bars.map(({ factor }) => Math.log10(factor)));
  const scale = (width - left - right) / (reach - lowest);
  const at = (factor: number) => left + (Math.log10(factor) - lowest) * scale;
  const height = top + bars.length * line + 16;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="13">
<title>btr beside its peers</title>
<rect width="${width}" height="${height}" fill="#ffffff"/>
<text x="16" y="24" font-size="16" fill="${colors.text}">btr beside its peers: how many times better (logarithmic scale)</text>
${bars.map((bar, index) => drawBar(bar, top + index * line, at)).join('\n')}
<line x1="${at(1)}" y1="${top - 12}" x2="${at(1)}" y2="${height - 12}" stroke="${colors.axis}"/>
<text x="${at(1)}" y="${top - 16}" text-anchor="middle" fill="${colors.axis}" font-size="11">as the peer</text>
</svg>
`;
}

function barOf(row: Row): Bar[] {
  const ratio = ratioOf(row);
  const [peer] = Object.keys(row.peers);
  if (ratio === undefined || peer === undefined || ratio <= 0) return [];
  const factor = row.unit.endsWith('/s') ? ratio : 1 / ratio;
  return [{ label: `${row.name}, beside ${peer}`, factor }];
}

function drawBar({ label, factor }: Bar, y: number, at: (factor: number) => number): string {
  const [from, to] = [Math.min(at(1), at(factor)), Math.max(at(1), at(factor))];
  const color = factor >= 1 ? colors.better : colors.worse;
  return `<text x="${left - 12}" y="${y + 13}" text-anchor="end" fill="${colors.text}">${escapeXml(label)}</text>
<rect x="${from.toFixed(1)}" y="${y}" width="${Math.max(1, to - from).toFixed(1)}" height="${line - 8}" rx="2" fill="${color}"/>
<text x="${(to + 6).toFixed(1)}" y="${y + 13}" fill="${colors.text}">${short(factor)}</text>`;
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
