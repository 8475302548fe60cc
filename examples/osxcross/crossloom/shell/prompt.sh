# shellcheck shell=bash
# Sourced when the shell is entered: has the prompt begin with what CROSSLOOM_CELL holds.

# After the user's own start-up file, and again before each prompt: some of those set it anew every time.
_crossloom_prompt() {
  case $PS1 in *"[$CROSSLOOM_CELL] "*) ;; *) PS1="[$CROSSLOOM_CELL] $PS1" ;; esac
}
if [ -n "${PS1:-}" ]; then
  if [[ $(declare -p PROMPT_COMMAND 2>/dev/null) == 'declare -a'* ]]; then
    case " ${PROMPT_COMMAND[*]} " in
    *_crossloom_prompt*) ;;
    *) PROMPT_COMMAND+=(_crossloom_prompt) ;;
    esac
  else
    # A line of its own: what stands there may end in a semicolon.
    # shellcheck disable=SC2178,SC2128 # it is none
    case ${PROMPT_COMMAND:-} in
    *_crossloom_prompt*) ;;
    *) PROMPT_COMMAND=${PROMPT_COMMAND:+$PROMPT_COMMAND$'\n'}_crossloom_prompt ;;
    esac
  fi
fi
