# shellcheck shell=bash disable=SC2154,SC2086 # the derivation's attributes arrive as variables, and lists as words

: >asked.config
for fragment in $fragments; do
  cat "$fragment" >>asked.config
  echo >>asked.config
done

case $base in
allnoconfig) kernelMake KCONFIG_ALLCONFIG=asked.config allnoconfig ;;
*)
  if [ -n "$base" ]; then kernelMake "$base"; else cat $baseFiles >.config; fi
  # Where one symbol stands twice, the later line counts.
  cat asked.config >>.config
  kernelMake olddefconfig
  ;;
esac

# What was asked for and is not there would be missed when the kernel runs. Kconfig's own parser tells why: its program
# gives way to one that links the same objects, and is called as its own would be.
objects=
for object in confdata expr lexer.lex menu parser.tab preprocess symbol util; do
  objects+=" scripts/kconfig/$object.o"
done
cp scripts/kconfig/conf conf.own
cc -O2 -Wall -I scripts/kconfig -I scripts/include -o conf.explain "$explain" $objects
cp conf.explain scripts/kconfig/conf
status=0
CROSSLOOM_ASKED=$PWD/asked.config CROSSLOOM_MISSED=$PWD/missed kernelMake listnewconfig >/dev/null || status=$?
cp conf.own scripts/kconfig/conf
if [ "$status" != 0 ] || [ ! -e missed ]; then
  echo "error: the configuration could not be compared with what was asked for" >&2
  exit 1
fi
if [ -s missed ]; then
  cat missed >&2
  echo "hint: change the fragments of this configuration in the matrix; what stands behind 'needs' is to be set, too" >&2
  exit 1
fi
set_so() { grep -q "^CONFIG_$1\$" .config; }
if set_so 'MODULE_SIG_KEY="certs/signing_key.pem"' || { set_so 'MODULE_SIG_KEY=""' && set_so MODULE_SIG_ALL=y; }; then
  cat >&2 <<'END'
error: CONFIG_MODULE_SIG=y: to sign modules the build would make a key up, another one each time, or has none
hint: set CONFIG_MODULE_SIG_KEY="" and `# CONFIG_MODULE_SIG_ALL is not set`; sign modules with kdir's scripts/sign-file after
the build, where the key need not be in a store that everyone reads, and name its certificate in CONFIG_SYSTEM_TRUSTED_KEYS
END
  exit 1
fi
if set_so DEBUG_INFO_BTF=y; then
  echo "error: CONFIG_DEBUG_INFO_BTF=y: pahole would make it, and no build here has that" >&2
  echo "hint: write '# CONFIG_DEBUG_INFO_BTF is not set' into a fragment" >&2
  exit 1
fi
rm asked.config missed conf.own conf.explain
