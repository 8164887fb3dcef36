/** The sftp drop as the registry knows it. Address: SftpAddress. ssh2 is loaded when one is first visited. */
import { nearness } from '../hosts.ts';
import { folderLimits } from '../maildir/limits.ts';
import type { DropKind } from '../registry.ts';
import {
  accountOf,
  badAddress,
  hostOf,
  parseSftpAddress,
  parseSftpUri,
  type SettledAddress,
  type SftpAddress,
  uriOf,
} from './address.ts';

export const sftpKind: DropKind = {
  bodyBytes: folderLimits.bodyBytes,
  parseUri: (uri) => ({ ...parseSftpUri(uri) }),
  async open(address, { role }) {
    const { openSftpDrop } = await import('./sftp-drop.ts');
    return openSftpDrop({ address: parseSftpAddress(address), role });
  },
  id: async (address) => (await settled(parseSftpAddress(address))).id,
  settle: async (address) => ({ ...(await visit(parseSftpAddress(address))) }),
  describe(address) {
    const { hostKey, ...place } = parseSftpAddress(address);
    return hostKey === undefined ? uriOf(place) : `${uriOf(place)}, host key ${hostKey}`;
  },
  parse(value) {
    const address = parseSftpAddress(value);
    if (address.id !== undefined && address.hostKey !== undefined && address.identityFile === undefined) {
      return { ...address };
    }
    throw badAddress('it must tell the id of the drop and the key of the host, and no key file');
  },
  /** The host's key goes along, so that the other side need not take the first one that it is shown. */
  async share(address) {
    const { identityFile, ...shared } = await settled(parseSftpAddress(address));
    return { ...shared };
  },
  consent(address) {
    const place = parseSftpAddress(address);
    const login = `where btr logs in with your own SSH keys, as ${accountOf(place)}`;
    const where = nearness(hostOf(place)) ?? 'on another machine';
    return [`It is a folder ${where}, ${login}, and writes and removes files: ${place.path}`];
  },
  async expire(address, options) {
    const { expireSftp } = await import('./sftp-drop.ts');
    return expireSftp(parseSftpAddress(address), options);
  },
};

async function settled(address: SftpAddress): Promise<SettledAddress> {
  const { id, hostKey } = address;
  return id === undefined || hostKey === undefined ? visit(address) : { ...address, id, hostKey };
}

async function visit(address: SftpAddress): Promise<SettledAddress> {
  const { settleSftp } = await import('./sftp-drop.ts');
  return settleSftp(address);
}
