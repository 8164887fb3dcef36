/** A key and a certificate that signs itself, for one name, made by openssl. */
import { spawnSync } from 'node:child_process';

export const noOpenssl = spawnSync('sh', ['-c', 'command -v openssl']).status !== 0 && 'there is no openssl here';

export interface Certificate {
  /** Both PEM. */
  readonly key: string;
  readonly cert: string;
}

export function makeCertificate(name: string): Certificate {
  const { stdout, status, stderr } = spawnSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
      ...['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`, '-keyout', '-', '-out', '-'],
    ],
    { encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`openssl ended with ${status}: ${stderr}`);
  const part = (label: string) =>
    new RegExp(`-----BEGIN ${label}-----[^-]+-----END ${label}-----\n`).exec(stdout)?.[0] ?? '';
  return { key: part('PRIVATE KEY'), cert: part('CERTIFICATE') };
}
