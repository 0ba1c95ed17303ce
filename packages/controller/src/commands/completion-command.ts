import { EXIT, NapError } from '@nap/shared/errors';
import { didYouMean } from '../did-you-mean.js';
import { COMPLETES } from './completes.js';
import type { CommandContext } from './context.js';
import { declareCommand, type RegisterCommand } from './declare-command.js';

const NAME = 'nap-controller';

/** Both give every word to the program, and leave to the shell what it says nothing of: files. */
const SCRIPTS = {
  bash: `# Completion of ${NAME} in Bash: ${NAME} completion --help
_${NAME}_completions()
{
    local words
    words=$(${NAME} ${COMPLETES} "\${COMP_WORDS[@]}")
    COMPREPLY=( $(compgen -W "\${words}" -- "\${COMP_WORDS[COMP_CWORD]}") )
}
complete -o bashdefault -o default -F _${NAME}_completions ${NAME}`,
  zsh: `#compdef ${NAME}
# Completion of ${NAME} in Zsh: ${NAME} completion --help
_${NAME}_completions()
{
  local reply
  local si=$IFS
  IFS=$'\\n' reply=($(${NAME} ${COMPLETES} "\${words[@]}"))
  IFS=$si
  if [[ \${#reply} -gt 0 ]]; then
    _describe 'values' reply
  else
    _default
  fi
}
if [[ "\${zsh_eval_context[-1]}" == "loadautofunc" ]]; then
  _${NAME}_completions "$@"
else
  compdef _${NAME}_completions ${NAME}
fi`,
} as const;
/** Those that there is a script for. */
export const SHELLS = Object.keys(SCRIPTS) as readonly (keyof typeof SCRIPTS)[];

/** Completion itself is in completion.ts. */
export function completionCommand(context: CommandContext): RegisterCommand {
  return declareCommand({
    command: ['completion [shell]'],
    describe: 'print a completion script for bash or zsh',
    details: `Completes commands, flags and their values, and projects, services, instances and hosts as they are in etcd at that moment (of the
context in use); where etcd does not answer within a second it completes what it knows without.`,
    flags: {
      shell: { type: 'string', description: 'bash or zsh; default: as $SHELL says, else bash' },
    } as const,
    positionals: ['shell'],
    examples: [
      [
        'source <($0 completion bash)',
        'in this shell; in ~/.bashrc for all, and likewise in ~/.zshrc',
      ],
      [
        '$0 completion bash > /etc/bash_completion.d/nap-controller',
        'for everybody on this machine',
      ],
    ],
    run: ({ shell }) => {
      context.out(SCRIPTS[shell === undefined ? usualShell(context) : shellNamed(shell)]);
      return Promise.resolve(EXIT.ok);
    },
  });
}

const usualShell = ({ env }: CommandContext): keyof typeof SCRIPTS =>
  env['SHELL']?.endsWith('zsh') === true ? 'zsh' : 'bash';

function shellNamed(name: string): keyof typeof SCRIPTS {
  const found = SHELLS.find((it) => it === name);
  if (found !== undefined) return found;
  throw new NapError('USAGE', `completion ${name}: there is a script for ${SHELLS.join(' and ')}`, {
    hint: didYouMean(name, SHELLS) ?? `such as source <(${NAME} completion bash)`,
  });
}
