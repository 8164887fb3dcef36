/** So many characters are written at once, or a little more. */
const batchLength = 65_536;

/** Lines with their ends, many in one text. */
export function* batches(lines: Iterable<string>): Generator<string> {
  let batch: string[] = [];
  let length = 0;
  for (const line of lines) {
    batch.push(line, '\n');
    length += line.length;
    if (length < batchLength) continue;
    yield batch.join('');
    batch = [];
    length = 0;
  }
  if (batch.length > 0) yield batch.join('');
}
