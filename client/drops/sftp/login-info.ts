/**
 * Reads `login_info.csv`, the inventory that an older tool wrote of its machines: an IP address and the name of a key
 * file, a machine a line.
 */
import { existsSync } from 'node:fs';
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { UsageError } from '../../errors.ts';
import { parseSftpAddress, type SftpAddress } from './address.ts';

export interface LoginInfoOptions {
  /** The CSV's own folder: names of key files are relative to it. */
  readonly folder: string;
  /** The account on each machine; `azureuser` where nothing else is said. */
  readonly user?: string | undefined;
  /** The drop's folder there, absolute or relative to the one a login begins in; `btr` where nothing else is said. */
  readonly path?: string | undefined;
  /** Whether a key file is there; by default this asks the file system. */
  readonly isFile?: (path: string) => boolean;
}

/**
 * Addresses of sftp drops, in the order of the lines, to be settled like those of a URI. A line that names the columns
 * may come first; empty lines are skipped. @throws UsageError `bad-login-info` that names the line.
 */
export function readLoginInfo(text: string, options: LoginInfoOptions): SftpAddress[] {
  const rows = text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\n|\r/)
    .map((line, index) => ({ number: index + 1, fields: fieldsOf(line, index + 1) }))
    .filter(({ fields }) => fields.some((field) => field !== ''));
  const [first] = rows;
  const machines = first !== undefined && isHeader(first.fields) ? rows.slice(1) : rows;
  if (machines.length === 0) throw new UsageError('The inventory names no machine.', badLoginInfo);
  return machines.map(({ number, fields }) => addressOf(fields, number, options));
}

function addressOf(fields: readonly string[], line: number, options: LoginInfoOptions): SftpAddress {
  const { folder, user = 'azureuser', path = 'btr', isFile = existsSync } = options;
  const [host = '', keyFile = '', ...more] = fields;
  if (isIP(host) === 0) throw badLine(line, `${JSON.stringify(host)} is not an IP address`);
  if (keyFile === '') throw badLine(line, 'it names no key file');
  if (more.some((field) => field !== '')) throw badLine(line, 'it has more than two columns');
  const identityFile = resolve(folder, keyFile);
  if (!isFile(identityFile)) throw badLine(line, `there is no key file ${identityFile}`);
  const absolute = path.startsWith('/') ? path : `/~/${path}`;
  return parseSftpAddress({ kind: 'sftp', host, port: 22, user, path: absolute, identityFile });
}

function isHeader([first = '', second = '']: readonly string[]): boolean {
  return isIP(first) === 0 && /\bip|address|host/i.test(first) && /key/i.test(second);
}

/** RFC 4180, section 2, but for line breaks inside of quotes, which no address or file name has. */
function fieldsOf(line: string, number: number): string[] {
  const fields: string[] = [];
  const field = /[ \t]*(?:"((?:[^"]|"")*)"[ \t]*|([^",]*))(,|$)/y;
  for (;;) {
    const match = field.exec(line);
    if (match === null) throw badLine(number, 'a quote in it is not closed, or stands in the middle of a field');
    const [, quoted, plain = '', end] = match;
    fields.push((quoted?.replaceAll('""', '"') ?? plain).trim());
    if (end === '') return fields;
  }
}

const badLoginInfo = {
  code: 'bad-login-info',
  hint: 'Each line is an IP address, a comma, and the name of a key file beside the CSV: 203.0.113.7,vm1.pem',
};

function badLine(line: number, what: string): UsageError {
  return new UsageError(`Line ${line} of the inventory can't be used: ${what}.`, badLoginInfo);
}
