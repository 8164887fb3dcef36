/** Completion for zsh: a function for each command, by the shell's own _arguments. */
import { type Candidates, type CommandGrammar, everyGrammar, type OptionGrammar } from './grammar.ts';

export function zshCompletion(btr: CommandGrammar): string {
  return `#compdef btr
# Completion of btr for zsh, made by "btr completion zsh".

_btr_ask() {
  local -a found
  found=(\${(f)"$(btr complete $1 -- "\${typed[@]}" 2>/dev/null </dev/null)"})
  found=("\${found[@]//:/\\\\:}")
  found=("\${found[@]/$'\\t'/:}")
  _describe -t $1 $1 found
}

${[...everyGrammar(btr)].map(completer).join('\n')}
if [[ $funcstack[1] == _btr ]]; then
  _btr "$@"
else
  compdef _btr btr
fi
`;
}

function completer(command: CommandGrammar): string {
  const name = ['_btr', ...command.path].join('_');
  const start = command.path.length === 0 ? `  local -a typed=("\${(@Q)words}")\n` : '';
  return `${name}() {\n${start}${command.commands.length > 0 ? groupBody(name, command) : leafBody(command)}}\n`;
}

function leafBody({ options, operands }: CommandGrammar): string {
  const places = operands.map((candidates, place) =>
    quoted(`${place + 1}::${message(candidates)}:${action(candidates)}`),
  );
  return specs([...options.flatMap(optionSpecs), ...places]);
}

function groupBody(name: string, { commands, options }: CommandGrammar): string {
  const described = commands.map(({ path, text }) => `    ${quoted(`${path.at(-1)}:${text}`)}`);
  return `  if (( CURRENT > 2 && $+functions[${name}_$words[2]] )); then
    shift words
    (( CURRENT-- ))
    ${name}_$words[1]
    return
  fi
  local -a commands=(
${described.join('\n')}
  )
${specs([...options.flatMap(optionSpecs), quoted('1:command:{ _describe -t commands command commands }')])}`;
}

function specs(all: readonly string[]): string {
  return `  _arguments -s -S \\\n${all.map((spec) => `    ${spec}`).join(' \\\n')}\n`;
}

/** One for each flag. A value stands apart: zsh would expand no tilde behind `--home=`. */
function optionSpecs({ flags, text, placeholder, value }: OptionGrammar): string[] {
  const about = `[${text.replace(/[\\[\]:]/g, '\\$&')}]`;
  if (!value) return flags.map((flag) => quoted(`(${flags.join(' ')})${flag}${about}`));
  return flags.map((flag) => quoted(`*${flag}${about}:${placeholder}:${action(value)}`));
}

function message({ paths, asked }: Candidates): string {
  return asked ?? paths ?? 'text';
}

function action({ words, paths, asked }: Candidates): string {
  const list = words.length > 0 ? [`compadd -- ${words.join(' ')}`] : [];
  const places = paths ? [paths === 'folders' ? '_files -/' : '_files'] : [];
  const all = [...(asked ? [`_btr_ask ${asked}`] : []), ...list, ...places];
  return all.length === 0 ? ' ' : `{ ${all.join('; ')} }`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
