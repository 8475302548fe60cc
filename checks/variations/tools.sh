# shellcheck shell=bash disable=SC2154 # the derivation's attributes arrive as variables
# The launcher, the library, and what may be installed on a build machine without a recipe saying so.

mkdir -p "$out/bin"
cc -O2 -Wall -Wextra -Werror "$launch" -o "$out/launch"
# Nothing that would tie it to the libc that it is compiled with.
cc -O2 -Wall -Wextra -Werror -fPIC -shared -nostdlib -fno-stack-protector -U_FORTIFY_SOURCE "$pretend" -o "$out/pretend.so"

# Each says that it was called, and answers as one that is not there.
for name in $(<"$decoys/programs.txt"); do
  # shellcheck disable=SC2016 # that shell's
  printf '%s\n' "#!$SHELL" "echo \"decoy: $name \$*\" >&2" 'exit 127' >"$out/bin/$name"
  chmod +x "$out/bin/$name"
done
for name in $(<"$decoys/headers.txt"); do
  mkdir -p "$out/include/$(dirname "$name")"
  printf '%s\n' '#ifdef __KERNEL__' "#error a kernel sees <$name> of the build machine" '#endif' "#include_next <$name>" \
    >"$out/include/$name"
done
