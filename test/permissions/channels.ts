/** The channels of the account that the matrix looks at, as they are synthesized. */
import { type ChannelTemplate, synthesize } from '../synth/template.ts';
import { collectPolicies, type Policy } from '../tools/guard/policies.ts';
import { administratorAccess, frank } from './inventory.ts';

/** Each with what the others have not: the defaults; a role, and a topic for alarms; both sides for both. */
export const templates: readonly ChannelTemplate[] = [
  synthesize({ buddies: 'alice,bob', bucket: 'btr-alice-bob' }),
  synthesize({ buddies: 'erin,frank', bucket: 'btr-erin-frank', frank, alarmEmail: 'erin@example.org', expiry: 'off' }),
  synthesize({ buddies: 'grace,heidi', bucket: 'btr-grace-heidi', allowSwap: 'true', expiry: 'off', alarms: 'off' }),
];

export const policies: readonly Policy[] = [administratorAccess, ...collectPolicies(templates)];
