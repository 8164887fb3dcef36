/** Completion for bash 4 or later: one function that walks what was typed, and one that knows the grammar. */
import { type Candidates, type CommandGrammar, everyGrammar } from './grammar.ts';

export function bashCompletion(btr: CommandGrammar): string {
  const commands = [...everyGrammar(btr)];
  const names = commands.map(({ path, commands: children, options }) => {
    const flags = options.flatMap((option) => option.flags).join(' ');
    return `  '${path.join(' ')}') commands='${lastWords(children)}' options='${flags}' ;;`;
  });
  return `# Completion of btr for bash, made by "btr completion bash".

# What may follow a command.
_btr_follows() {
  commands= options=
  case $1 in
${names.join('\n')}
  *) return 1 ;;
  esac
}

# What may stand for an option's value, or at a place behind a command.
_btr_expects() {
  words= paths= asked=
  case $1 in
${expectations(commands).join('\n')}
  *) return 1 ;;
  esac
}

${walk}
complete -F _btr btr
`;
}

function lastWords(children: readonly CommandGrammar[]): string {
  return children.map(({ path }) => path.at(-1)).join(' ');
}

/** A case for each kind of candidates, with all the options and places that take them. */
function expectations(commands: readonly CommandGrammar[]): string[] {
  const keys = commands.flatMap(({ path, options, operands }) => [
    ...options.flatMap(({ flags, value }) => (value ? flags.map((flag) => ({ path, key: flag, value })) : [])),
    ...operands.map((value, place) => ({ path, key: String(place + 1), value })),
  ]);
  const byAction = Map.groupBy(keys, ({ value }) => action(value));
  return [...byAction].map(([set, all]) => {
    const patterns = all.map(({ path, key }) => `'${[...path, key].join(' ')}'`);
    return `  ${patterns.join('|')})${set} ;;`;
  });
}

function action({ words, paths, asked }: Candidates): string {
  const list = words.length > 0 ? ` words='${words.join(' ')}'` : '';
  return `${list}${paths ? ` paths=${paths}` : ''}${asked ? ` asked=${asked}` : ''}`;
}

const walk = `_btr() {
  local line=\${COMP_LINE:0:$COMP_POINT} typed current last word i path= option= place=1 dashes=
  local commands options words paths asked
  # Without -r: a space behind a backslash does not end a word.
  read -a typed <<<"$line"
  [[ $line == *[[:space:]] ]] && typed+=('')
  last=$((\${#typed[@]} - 1)) current=\${typed[\${#typed[@]} - 1]}
  for ((i = 1; i < last; i++)); do
    word=\${typed[i]}
    if [[ $option ]]; then
      option=
    elif [[ $word == -- && ! $dashes ]]; then
      dashes=yes
    elif [[ $word == -* && ! $dashes ]]; then
      _btr_expects "\${path:+$path }$word" && option=$word
    elif [[ $place == 1 ]] && _btr_follows "\${path:+$path }$word"; then
      path=\${path:+$path }$word
    else
      ((place++))
    fi
  done
  if [[ ! $option && ! $dashes && $current == --*=* ]]; then
    option=\${current%%=*} current=\${current#*=}
  fi
  COMPREPLY=()
  _btr_follows "$path"
  if [[ $option ]]; then
    _btr_expects "\${path:+$path }$option"
  elif [[ $current == -* && ! $dashes ]]; then
    words=$options
  elif [[ $commands ]]; then
    words=$commands
  else
    _btr_expects "\${path:+$path }$place"
  fi
  if [[ $words ]]; then COMPREPLY=($(compgen -W "$words" -- "$current")); fi
  if [[ $asked ]]; then
    while IFS=$'\\t' read -r word _; do
      [[ $word == "$current"* ]] && COMPREPLY+=("$(printf %q "$word")")
    done < <(btr complete "$asked" -- "\${typed[@]}" 2>/dev/null </dev/null)
  fi
  # Readline's own completion of paths, which knows about quotes, takes over where nothing else fits.
  case $paths in
  files) compopt -o default ;;
  folders) compopt -o dirnames ;;
  esac
}
`;
