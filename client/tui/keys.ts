/** What keys mean. */
import type { Key } from 'ink';
import type { Edit } from './composer.ts';

export type Action =
  | { readonly type: 'insert'; readonly text: string }
  | { readonly type: 'edit'; readonly edit: Edit }
  | { readonly type: 'channel'; readonly number: number }
  | {
      readonly type:
        | 'enter'
        | 'complete'
        | 'pageUp'
        | 'pageDown'
        | 'toEnd'
        | 'nextChannel'
        | 'previousChannel'
        | 'interrupt'
        | 'suspend'
        | 'eof';
    };

const edit = (name: Edit): Action => ({ type: 'edit', edit: name });

const control: ReadonlyMap<string, Action> = new Map([
  ['a', edit('home')],
  ['b', edit('left')],
  ['c', { type: 'interrupt' }],
  ['d', { type: 'eof' }],
  ['e', edit('end')],
  ['f', edit('right')],
  ['h', edit('backspace')],
  ['i', { type: 'complete' }],
  ['j', edit('newline')],
  ['k', edit('deleteToEnd')],
  ['m', { type: 'enter' }],
  ['n', { type: 'nextChannel' }],
  ['p', { type: 'previousChannel' }],
  ['u', edit('deleteToStart')],
  ['w', edit('deleteWord')],
  ['z', { type: 'suspend' }],
] satisfies [string, Action][]);

const meta: ReadonlyMap<string, Action> = new Map([
  ['b', edit('wordLeft')],
  ['f', edit('wordRight')],
]);

/** As Ink tells of them. Several characters may come at once, where one types faster than they are read. */
export function actionsOf(input: string, key: Key): readonly Action[] {
  if (key.eventType === 'release') return [];
  const special = specialKey(key);
  if (special) return [special];
  if (key.ctrl) return listed(control.get(input));
  if (key.meta) return /^[1-9]$/.test(input) ? [{ type: 'channel', number: Number(input) }] : listed(meta.get(input));
  return characters(input);
}

function listed(action: Action | undefined): readonly Action[] {
  return action ? [action] : [];
}

function specialKey(key: Key): Action | undefined {
  const byWord = key.ctrl || key.meta;
  if (key.return) return key.meta || key.shift ? edit('newline') : { type: 'enter' };
  if (key.leftArrow) return edit(byWord ? 'wordLeft' : 'left');
  if (key.rightArrow) return edit(byWord ? 'wordRight' : 'right');
  if (key.upArrow) return edit('up');
  if (key.downArrow) return edit('down');
  if (key.home) return edit('home');
  if (key.end) return key.ctrl ? { type: 'toEnd' } : edit('end');
  if (key.pageUp) return { type: 'pageUp' };
  if (key.pageDown) return { type: 'pageDown' };
  if (key.tab) return { type: key.shift ? 'previousChannel' : 'complete' };
  if (key.backspace) return edit(byWord ? 'deleteWord' : 'backspace');
  if (key.delete) return edit('delete');
  return undefined;
}

/** Text with control characters in it, each of which is a key. */
function characters(input: string): Action[] {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: finding control characters is what this is for
  const pieces = input.match(/[\u0001-\u001a]|[^\u0000-\u001f]+/g) ?? [];
  return pieces.flatMap((text) => {
    const code = text.charCodeAt(0);
    return code < 0x20 ? listed(control.get(String.fromCharCode(code + 0x60))) : [{ type: 'insert', text } as const];
  });
}
