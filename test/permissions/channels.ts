/** The channels of the account that the matrix looks at, as they are synthesized. */
import { type ChannelTemplate, synthesize } from '../synth/template.ts';
import { collectPolicies, type Policy } from '../tools/guard/policies.ts';
import { administratorAccess, frank } from './inventory.ts';

/** Each with what none of the others has: the defaults, a topic for alarms, a role, both sides for both. */
export const templates: readonly ChannelTemplate[] = [
  synthesize({ buddies: 'alice,bob', bucket: 'btr-alice-bob' }),
  synthesize({ buddies: 'carol,dave', bucket: 'btr-carol-dave', alarmEmail: 'carol@example.org', expiry: 'off' }),
  synthesize({ buddies: 'erin,frank', bucket: 'btr-erin-frank', frank, expiry: 'off', alarms: 'off' }),
  synthesize({ buddies: 'grace,heidi', bucket: 'btr-grace-heidi', allowSwap: 'true', expiry: 'off', alarms: 'off' }),
];

export const policies: readonly Policy[] = [administratorAccess, ...collectPolicies(templates)];
