/** This home's identity: made when it is first needed, kept sealed among the settings. */
import { generateIdentity } from '../../crypto/signal/identity.ts';
import type { Context } from '../context.ts';
import { bytes, text } from './records.ts';

const settingName = 'identity';

/** The key pair as libsignal writes it. Two processes that make it at once end up with the same one. */
export async function ownIdentity(context: Context): Promise<Buffer> {
  const { settings, db } = context.home;
  const known = settings.get(settingName);
  if (known !== undefined) return bytes(known);
  const made = await generateIdentity();
  return db.transaction(() => {
    const first = settings.get(settingName);
    if (first !== undefined) return bytes(first);
    settings.set(settingName, text(made));
    return made;
  });
}
