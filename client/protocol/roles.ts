/**
 * Who is who in a channel. Today a channel has two members, named by their roles; state hangs on (channel, member,
 * epoch), so that a group is more members and nothing else.
 */

/** Which side of the drop one is: `a` sends on `a-to-b` and receives on `b-to-a`; `b` the reverse. */
export type Role = 'a' | 'b';

/** A member's name on the wire: 1 to 32 bytes of ASCII. In a channel of two it is the role. */
export type MemberId = string;

/** The way an envelope goes: binds it to its queue, so that a reflected one does not open. */
export type Direction = 'a-to-b' | 'b-to-a';

export function otherRole(role: Role): Role {
  return role === 'a' ? 'b' : 'a';
}

export function directionFrom(role: Role): Direction {
  return role === 'a' ? 'a-to-b' : 'b-to-a';
}

export function directionTo(role: Role): Direction {
  return directionFrom(otherRole(role));
}

export function isRole(value: unknown): value is Role {
  return value === 'a' || value === 'b';
}
