/** A buddy's initial on a colour that goes with the name. */
import type { ReactNode } from 'react';

const colours = 6;

export function Avatar({ name }: { readonly name: string }): ReactNode {
  const [initial = '?'] = name;
  const sum = [...name].reduce((total, character) => total + (character.codePointAt(0) ?? 0), 0);
  return (
    <span className={`avatar avatar-${sum % colours}`} aria-hidden="true">
      {initial.toUpperCase()}
    </span>
  );
}
