/** Channels that differ in what they are made of, as they would stand in a file: what holds for all is tried on these. */
const both = { buddies: ['alice', 'bob'] };

export const kinds: Readonly<Record<string, readonly object[]>> = {
  'the usual one': [both],
  'roles for both': [
    {
      ...both,
      principals: { alice: ['arn:aws:iam::111122223333:root'], bob: ['arn:aws:iam::111122223333:role/laptops'] },
    },
  ],
  'no function': [{ ...both, expiry: false }],
  'alarms by e-mail': [{ ...both, alarmEmail: 'me@example.org' }],
  'neither function nor alarms': [{ ...both, expiry: false, alarms: false }],
  'names, tags, a bucket that stays': [
    {
      buddies: ['ann-lee', 'bob'],
      prefix: 'Our-Team',
      aToB: 'there',
      bToA: 'back.fifo',
      bucket: 'our-files',
      bucketRemoval: 'retain',
      tags: { team: 'x' },
    },
  ],
  'several channels, one of them with a buddy removed, one for tests': [
    { ...both, removed: ['bob'] },
    { buddies: ['alice', 'carol'], allowSwap: true, alarmEmail: 'me@example.org' },
  ],
};
