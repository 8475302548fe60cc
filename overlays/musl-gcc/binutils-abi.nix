# Edits to binutils for targets whose ABI as and ld take from the name of a GNU system: the text of a shell, empty for most
# targets. Without them, as makes another kind of object than the compiler, and ld refuses the compiler's, unless a flag
# says which.
{ target }:
let
  environment = builtins.elemAt (builtins.match ".*-linux-(.*)" target) 0;
in
if builtins.match "mips(isa)?64.*-linux-musl(sf)?" target != null then
  ''
    for file in bfd/config.bfd ld/configure.tgt gas/configure; do
      sed -E -i 's/\bmips64(\*(el)?-(\*-)?linux\*?-)gnuabi64\)/mips*64\1${environment})/' "$file"
      if ! grep -q 'mips\*64\*-.*linux\*\?-${environment})' "$file"; then
        echo "error: $file is not as it was: it knows the ABI of 64-bit MIPS in another way" >&2
        exit 1
      fi
    done
  ''
else if builtins.match "x86_64-.*x32" target != null then
  ''
    for file in ld/configure.tgt gas/configure.tgt; do
      if ! grep -q 'linux-gnux32)' "$file"; then
        echo "error: $file is not as it was: it knows x32 in another way" >&2
        exit 1
      fi
      sed -i 's/linux-gnux32/linux-${environment}/g' "$file"
    done
  ''
else
  ""
