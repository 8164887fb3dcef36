/**
 * Moves a home's master key under another protection; nothing else in the home changes. An entry of the keyring is
 * named in the key file, as a leftover, before it is made and until it is gone: a process that ends on the way leaves
 * no key in a keyring that nobody knows of.
 */
import { UsageError } from '../errors.ts';
import type { Database } from './database.ts';
import { type KeyFile, newForm, type Protection, readKeyFile } from './key-file.ts';
import { formatKey, type KeyForm, type StoredKey } from './key-format.ts';
import { replaceKeyFile } from './key-replace.ts';

/** @throws UsageError where it is protected so already; SetupError: no keyring answers, or another process was faster. */
export async function protect(db: Database, path: string, master: Buffer, protection: Protection): Promise<void> {
  let file = await withoutLeftover(db, path, await readKeyFile(path));
  const put = async (stored: StoredKey) => {
    file = await replaced(db, path, file, stored);
  };
  const [old, next] = [file.stored, await newForm(master, protection)];
  if (old.form === next.form && old.form !== 'wrapped') throw unchanged(old.form);
  if (next.form === 'keyring') {
    const { writeEntry } = await import('./keyring.ts');
    await put({ ...old, leftover: next.entry });
    await writeEntry(next.entry, master);
  }
  if (old.form !== 'keyring') return put(next);
  await put({ ...next, leftover: old.entry });
  await withoutLeftover(db, path, file);
}

async function withoutLeftover(db: Database, path: string, file: KeyFile): Promise<KeyFile> {
  const { leftover, ...stored } = file.stored;
  if (leftover === undefined) return file;
  const { removeEntry } = await import('./keyring.ts');
  await removeEntry(leftover);
  return replaced(db, path, file, stored);
}

async function replaced(db: Database, path: string, file: KeyFile, stored: StoredKey): Promise<KeyFile> {
  replaceKeyFile(db, path, file.text, formatKey(stored));
  return readKeyFile(path);
}

function unchanged(form: KeyForm['form']): UsageError {
  const text = form === 'open' ? 'This home has no passphrase.' : 'The key is in the keyring already.';
  return new UsageError(text, { code: 'nothing-to-change', hint: 'Nothing was changed.' });
}
