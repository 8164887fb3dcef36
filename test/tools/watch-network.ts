/**
 * Preloaded into a btr process by a test: writes every look-up of a name and every destination of a connection or a
 * datagram to the file BTR_TEST_NETWORK, a line each, such as `lookup example.org` and `connect 127.0.0.1:1080`.
 */
import dgram from 'node:dgram';
import dns from 'node:dns';
import { appendFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';

const { BTR_TEST_NETWORK: file } = process.env;

function watch(owner: object, name: string, say: (args: readonly unknown[]) => string): void {
  const original: unknown = Reflect.get(owner, name);
  if (typeof original !== 'function') return;
  const watched = new Proxy(original, {
    apply(target, self, args: unknown[]) {
      if (file !== undefined) appendFileSync(file, `${say(args)}\n`);
      return Reflect.apply(target, self, args);
    },
  });
  Reflect.set(owner, name, watched);
}

/** Of `connect(options)`, `connect(port, host)`, and the array that net.connect makes of either. */
function destination([first, second]: readonly unknown[]): string {
  if (Array.isArray(first)) return destination(first);
  if (typeof first !== 'object' || first === null) return `connect ${second ?? 'localhost'}:${first}`;
  if ('path' in first && typeof first.path === 'string') return `connect ${first.path}`;
  return `connect ${'host' in first ? first.host : 'localhost'}:${'port' in first ? first.port : ''}`;
}

for (const owner of [dns, dns.promises, dns.Resolver.prototype, dns.promises.Resolver.prototype]) {
  for (const name of Object.getOwnPropertyNames(owner)) {
    if (/^(lookup|resolve|reverse)/.test(name)) watch(owner, name, ([host]) => `lookup ${host}`);
  }
}
watch(net.Socket.prototype, 'connect', destination);
watch(dgram.Socket.prototype, 'send', (args) => `send ${args.filter((arg) => typeof arg !== 'object').join(' ')}`);
syncBuiltinESMExports();
