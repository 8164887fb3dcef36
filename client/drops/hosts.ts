/** What to say of a host that somebody else's address leads to, before it is used. */

/** @param cloud whose own service it would be, were it not foreign. */
export function foreignPlace(origin: string, cloud: string): string {
  const { hostname, protocol } = new URL(origin);
  const near = nearness(hostname);
  if (near) return `It leads to a service ${near}: ${origin}`;
  const open = protocol === 'http:' ? ', without encryption on the way' : '';
  return `It leads to a service that is not ${cloud}'s own${open}: ${origin}`;
}

/** @param host a name or an IP address, IPv6 in brackets. @returns undefined where it may be anywhere. */
export function nearness(host: string): 'on this machine' | 'inside this network' | undefined {
  const url = `http://${host}`;
  if (!URL.canParse(url)) return undefined;
  const { hostname } = new URL(url);
  if (isThisMachine(hostname)) return 'on this machine';
  return isNearby(hostname) ? 'inside this network' : undefined;
}

/** Host names as a URL gives them: an IPv4 address in its plain form, an IPv6 address in brackets. */
function isThisMachine(host: string): boolean {
  return /^(localhost|.*\.localhost|127\..*|0\.0\.0\.0|\[::1?\]|\[::ffff:7f.*\])\.?$/.test(host);
}

/** Link-local and private addresses (RFC 3927, RFC 1918, RFC 4291 section 2.5.6, RFC 4193), which include a cloud machine's metadata. */
function isNearby(host: string): boolean {
  return (
    /^(169\.254|10|192\.168|172\.(1[6-9]|2\d|3[01]))\.[\d.]+$/.test(host) ||
    /^\[(fe[89ab]|f[cd])[0-9a-f]*:/.test(host) ||
    /\.(local|internal)\.?$/.test(host)
  );
}
