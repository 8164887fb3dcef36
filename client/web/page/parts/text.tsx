/** Text from others: nothing in it is obeyed. Control and bidi characters are shown, its direction stays its own. */
import { type ReactNode, useState } from 'react';
import { visible } from '../../../ui/visible.ts';
import { clipped, cut, pieces } from '../words.ts';

/** In a line of ours: a name, a remark. */
export function Text({ text, most = 4000 }: { readonly text: string; readonly most?: number }): ReactNode {
  return <bdi>{visible(clipped(text, most))}</bdi>;
}

/** UTF-16 units that a long text shows at first, and adds with each click. */
const firstFold = 3000;
const nextFold = 100_000;

/** A message's text: lines as they are, web addresses as links, folded where it is long. */
export function Prose({ text }: { readonly text: string }): ReactNode {
  const [most, setMost] = useState(firstFold);
  const shown = text.length > most ? cut(text, most) : text;
  return (
    <>
      <p className="prose" dir="auto">
        {pieces(shown).map((piece, index) =>
          piece.href === undefined ? (
            visible(piece.text)
          ) : (
            // biome-ignore lint/suspicious/noArrayIndexKey: pieces of one text never change places
            <a key={index} href={piece.href} target="_blank" rel="noopener noreferrer">
              {visible(piece.text)}
            </a>
          ),
        )}
        {shown.length < text.length && '…'}
      </p>
      {shown.length < text.length && (
        <button type="button" className="fold" onClick={() => setMost((before) => before + nextFold)}>
          Show more ({(text.length - shown.length).toLocaleString()} characters left)
        </button>
      )}
    </>
  );
}
