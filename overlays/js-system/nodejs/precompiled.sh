# shellcheck shell=bash disable=SC2154 # the derivation's attributes arrive as variables, and other scripts have made some
# Most of the time that it takes to compile a source of V8 goes into headers that most other sources include as well. So they are
# compiled once for each of gyp's targets, with its flags, and every object of the target begins with them. g++ is called through
# a script for it: make compares commands, and those of the link, which compiles nothing of this, have to be the same.
precompiled_folder=$NIX_BUILD_TOP/precompiled
mkdir -p "$precompiled_folder/bin"
words "$precompiled"
# A word is a file of the source, and stands for the headers of V8 and of the language that it includes.
headers=$(sed -n -e 's/^#include "\(src\/[^"]*\)".*/#include "\1"/p' -e '/^#include </p' "${words[@]}" | awk '!seen[$0]++')
precompiled_goals=()
for entry in $objects; do
  name=${entry%%=*}
  printf '%s\n' "$headers" >"$precompiled_folder/$name.h"
  precompiled_goals+=("$precompiled_folder/$name.h.gch")
  list=$(find out -name "$name.target.mk")
  {
    # shellcheck disable=SC2016 # make's words
    printf '%s: GYP_CXXFLAGS := %s\n' "$precompiled_folder/$name.h.gch" \
      '$(DEFS_$(BUILDTYPE)) $(INCS_$(BUILDTYPE)) $(CFLAGS_$(BUILDTYPE)) $(CFLAGS_CC_$(BUILDTYPE))'
    # shellcheck disable=SC2016 # make's words
    printf '%s: %s\n\t%s\n' "$precompiled_folder/$name.h.gch" "$precompiled_folder/$name.h" \
      '$(CXX.target) -x c++-header -o $@ $< $(GYP_CXXFLAGS) $(CXXFLAGS.target) -c'
  } >>"$list"
  touch -d @2 "$list"
done
cat >"$precompiled_folder/bin/$CXX" <<EOF
#!$SHELL
# What follows -o.
output= previous=
for word; do
  if [ "\$previous" = -o ]; then output=\$word; fi
  previous=\$word
done
case \$output in
$PWD/out/Release/obj.target/*.o)
  name=\${output#"$PWD/out/Release/obj.target/"}
  name=\${name%%/*}
  if [ -e "$precompiled_folder/\$name.h.gch" ]; then set -- -Winvalid-pch -include "$precompiled_folder/\$name.h" "\$@"; fi
  ;;
esac
exec "$(command -v "$CXX")" "\$@"
EOF
chmod +x "$precompiled_folder/bin/$CXX"
export PATH=$precompiled_folder/bin:$PATH
run_make "${precompiled_goals[@]}"
