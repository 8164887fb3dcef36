/** From what ssh2 says to what a person can do about it. */
import { type BtrError, DropError, errorText, SecurityError } from '../../errors.ts';
import { accountOf, type SftpAddress } from './address.ts';

export function hostKeyChanged(address: SftpAddress, seen: string): SecurityError {
  return new SecurityError(
    `${address.host} shows another host key than before: ${seen} instead of ${address.hostKey}.`,
    {
      code: 'host-key-changed',
      hint: `Somebody may stand in between: nothing was sent. If the machine was set up anew, compare with what
\`ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub\` says there, then add the drop again, which pins the new one.`.replace(
        '\n',
        ' ',
      ),
    },
  );
}

export function unreachable({ host, port }: SftpAddress, cause: unknown): DropError {
  return new DropError(`${host}, port ${port}, does not answer as an SSH server: ${errorText(cause)}.`, {
    code: 'sftp-unreachable',
    hint: 'Check the address, and that sshd runs there; it may also take no more connections just now.',
    retryable: true,
    cause,
  });
}

export function lost(host: string): DropError {
  return new DropError(`The connection to ${host} was lost.`, {
    code: 'sftp-lost',
    hint: 'Try again: what was accepted is there.',
    retryable: true,
  });
}

/** What ended the opening of a connection. @param refused makes the error for a login that failed. */
export function connectError(error: unknown, address: SftpAddress, refused: () => BtrError): BtrError {
  const level = levelOf(error);
  if (level === 'client-authentication') return refused();
  const account = accountOf(address);
  if (level === 'subsystem') {
    return new DropError(`${account} lets us in, but not to its files: ${errorText(error)}.`, {
      code: 'sftp-no-subsystem',
      hint: 'Its sshd_config needs the line `Subsystem sftp internal-sftp`.',
      retryable: false,
      cause: error,
    });
  }
  if (level === 'handshake') {
    return new DropError(`${account} and btr find no common way to encrypt: ${errorText(error)}.`, {
      code: 'sftp-handshake',
      hint: 'Update the SSH server there.',
      retryable: false,
      cause: error,
    });
  }
  return unreachable(address, error);
}

function levelOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'level' in error ? error.level : undefined;
}
