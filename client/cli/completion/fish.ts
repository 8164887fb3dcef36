/** Completion for fish: a line for each command, option and place, and one function that tells where the cursor is. */
import { type Candidates, type CommandGrammar, everyGrammar, type OptionGrammar } from './grammar.ts';

export function fishCompletion(btr: CommandGrammar): string {
  const commands = [...everyGrammar(btr)];
  const valued = commands.flatMap(({ options }) => options.flatMap(({ flags, value }) => (value ? flags : [])));
  const paths = commands.filter(({ path }) => path.length > 0).map(({ path }) => quoted(path.join(' ')));
  return `# Completion of btr for fish, made by "btr completion fish".

set -g __btr_commands ${paths.join(' ')}
set -g __btr_valued ${[...new Set(valued)].join(' ')}

${functions}
complete -c btr -f
${commands.flatMap(linesOf).join('\n')}
`;
}

function linesOf({ path, commands, options, operands }: CommandGrammar): string[] {
  const at = (place?: number) => quoted(`__btr_at '${path.join(' ')}'${place ? ` ${place}` : ''}`);
  return [
    ...commands.map((child) => `complete -c btr -n ${at(1)} -a ${child.path.at(-1)} -d ${quoted(child.text)}`),
    ...options.map((option) => `complete -c btr -n ${at()} ${optionWords(option)}`),
    ...operands.flatMap((value, place) => {
      const words = valueWords(value, '');
      return words === '' ? [] : [`complete -c btr -n ${at(place + 1)}${words}`];
    }),
  ];
}

function optionWords({ flags, text, value }: OptionGrammar): string {
  const names = flags.map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`));
  return `${names.join(' ')} -d ${quoted(text)}${value ? valueWords(value, value.paths === 'files' ? ' -r' : ' -x') : ''}`;
}

/** @param flags what tells fish that a value is wanted. */
function valueWords({ words, paths, asked }: Candidates, flags: string): string {
  const ask = asked ? [`(__btr_ask ${asked})`] : [];
  const folders = paths === 'folders' ? ['(__fish_complete_directories)'] : [];
  const all = [...words, ...ask, ...folders].join(' ');
  return `${flags}${paths === 'files' ? ' -F' : ''}${all === '' ? '' : ` -a ${quoted(all)}`}`;
}

function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`;
}

const functions = `# Whether the cursor is behind this command, and at this place of its operands.
function __btr_at --argument-names command place
    set -l path
    set -l option
    set -l dashes
    set -l here 1
    set -l typed (commandline -opc)
    for word in $typed[2..]
        if set -q option[1]
            set -e option[1]
        else if test "$word" = -- -a -z "$dashes"
            set dashes yes
        else if string match -q -- '-*' $word; and test -z "$dashes"
            contains -- $word $__btr_valued; and set option $word
        else if test $here = 1; and contains -- "$path $word" ' '$__btr_commands $__btr_commands
            set path (string trim "$path $word")
        else
            set here (math $here + 1)
        end
    end
    test "$path" = "$command"; and contains -- "$place" '' $here
end

function __btr_ask
    btr complete $argv[1] -- (commandline -opc) 2>/dev/null </dev/null
end
`;
