# shellcheck shell=bash
# The assembler is clang's own.
exec "@out@/bin/@target@-clang" -x assembler -c "$@"
