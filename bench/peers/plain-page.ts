/**
 * The least that serves messages to a browser: a page with all of them in one list, made by a few lines of script
 * without any framework; what comes in on stdin is added at its end. Prints its link first.
 * argv: the file of the messages, a JSON array of texts.
 */
import { createReadStream } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import { createInterface } from 'node:readline';

const [file = ''] = process.argv.slice(2);
const windows = new Set<ServerResponse>();

const page = `<!doctype html>
<meta charset="utf-8">
<title>plain</title>
<style>
  body { margin: 0; font: 16px/1.5 system-ui, sans-serif; }
  .history { height: 100vh; overflow: hidden auto; }
  li { padding: 0.4rem; }
</style>
<section class="history"><ol></ol></section>
<script>
  const list = document.querySelector('.history');
  const add = (text) => {
    const row = document.createElement('li');
    row.textContent = text;
    list.firstElementChild.append(row);
  };
  const toEnd = () => { list.scrollTop = list.scrollHeight; };
  fetch('messages').then((answer) => answer.json()).then((texts) => {
    texts.forEach(add);
    toEnd();
  });
  new EventSource('events').onmessage = ({ data }) => {
    add(data);
    toEnd();
  };
</script>`;

const server = createServer(({ url }, response) => {
  if (url === '/messages') {
    response.setHeader('Content-Type', 'application/json');
    createReadStream(file).pipe(response);
  } else if (url === '/events') {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' }).flushHeaders();
    windows.add(response);
  } else response.setHeader('Content-Type', 'text/html').end(page);
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object' && address !== null) process.stdout.write(`http://127.0.0.1:${address.port}/\n`);
});
createInterface({ input: process.stdin }).on('line', (line) => {
  for (const response of windows) response.write(`data: ${line}\n\n`);
});
process.once('SIGINT', () => process.exit(0));
