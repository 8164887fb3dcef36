import assert from 'node:assert/strict';
import { once } from 'node:events';
import http, { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { Agent, request } from '../../client/drops/aws/node-http.ts';

test("requests without TLS are made by node:http's own classes, over a connection that is kept", async () => {
  const ports = new Set<number | undefined>();
  const server = createServer((incoming, response) => {
    ports.add(incoming.socket.remotePort);
    response.end(`${incoming.method} ${incoming.url} ${incoming.headers.host}`);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const agent = new Agent({ keepAlive: true });
  try {
    assert.equal(Agent, http.Agent);
    for (const path of ['/one', '/two']) {
      const sent = request({ host: '127.0.0.1', port, path, method: 'POST', agent });
      assert.ok(sent instanceof http.ClientRequest);
      sent.end('body');
      const [response]: [http.IncomingMessage] | unknown[] = await once(sent, 'response');
      assert.ok(response instanceof http.IncomingMessage);
      assert.equal(await text(response), `POST ${path} 127.0.0.1:${port}`);
    }
    assert.equal(ports.size, 1);
  } finally {
    agent.destroy();
    server.close();
  }
});
