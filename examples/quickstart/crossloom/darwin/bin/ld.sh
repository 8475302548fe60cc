# shellcheck shell=bash
# LLVM's linker for Mach-O, with the defaults of one target; and for -static, which it does not know, the static
# executable that Apple's linker makes. What it does not implement is an error.
exec "@staticMacho@/bin/static-macho" ld --lld "@lld@/bin/ld64.lld" --arch "@arch@" --minimum "@minimum@" \
  --sdk "${SDKROOT:-@sdk@}" -- "$@"
