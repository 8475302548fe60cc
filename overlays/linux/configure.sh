# shellcheck shell=bash disable=SC2154,SC2086 # the derivation's attributes arrive as variables, and lists as words

# joined FILE…: their lines. A last line without an end would run into the next file's first.
joined() {
  local file
  for file; do
    cat "$file"
    echo
  done
}
joined $fragments >asked.config
# All that the matrix says: where one symbol stands twice, the later line counts.
joined $baseFiles $fragments >given.config

# last_line SYMBOL FILE: what a configuration says of it in the end.
last_line() { grep -E "^(CONFIG_$1=|# CONFIG_$1 is not set)" "$2" | tail -n 1; }

# refuse FILE: an error for each symbol of a configuration that no build here can honour. Some would fail late in the build,
# of others nothing would be built or kept.
refuse() {
  local symbol reason hint refused=
  while read -r symbol reason; do
    hint="write '# CONFIG_$symbol is not set' into a fragment"
    case $symbol in
    *_LZ4 | *_LZO)
      # Of a choice, Kconfig takes the last one that is set.
      if [ "$1" != .config ]; then continue; fi
      hint="set another one of the choice in a fragment: CONFIG_${symbol%_*}_GZIP=y"
      ;;
    esac
    case $(last_line "$symbol" "$1") in
    CONFIG_"$symbol"=y*)
      echo "error: CONFIG_$symbol=y $reason" >&2
      echo "hint: $hint" >&2
      refused=1
      ;;
    esac
  done <<'END'
DEBUG_INFO_BTF needs pahole, which builds here do not have
DEBUG_INFO_SPLIT puts debugging data into .dwo files, which are not installed
EFI_ZBOOT is for the image vmlinuz.efi, which is not built: the kernel is installed as Image
INITRAMFS_COMPRESSION_LZ4 needs lz4, which builds here do not have
INITRAMFS_COMPRESSION_LZO needs lzop, which builds here do not have
KERNEL_LZ4 needs lz4, which builds here do not have
KERNEL_LZO needs lzop, which builds here do not have
RUST needs rustc and bindgen, which builds here do not have
XIP_KERNEL is for the image xipImage, which is not built: the kernel is installed as Image
END
  if [ -n "$refused" ]; then exit 1; fi
}
# Before Kconfig sees it: Kconfig drops some of these for want of a program.
refuse given.config

case $base in
allnoconfig) kernelMake KCONFIG_ALLCONFIG=asked.config allnoconfig ;;
'')
  cp given.config .config
  kernelMake olddefconfig
  ;;
*)
  kernelMake "$base"
  cat asked.config >>.config
  kernelMake olddefconfig
  ;;
esac
refuse .config

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
CROSSLOOM_ASKED=$PWD/asked.config CROSSLOOM_MISSED=$PWD/missed CROSSLOOM_GIVEN=$PWD/given.config \
  CROSSLOOM_DROPPED=$PWD/config.dropped kernelMake listnewconfig >/dev/null || status=$?
cp conf.own scripts/kconfig/conf
if [ "$status" != 0 ] || [ ! -e missed ] || [ ! -e config.dropped ]; then
  echo "error: the configuration could not be compared with what was asked for" >&2
  exit 1
fi
if [ -s missed ]; then
  cat missed >&2
  echo "hint: change the fragments of this configuration in the matrix; what stands behind 'needs' is to be set, too" >&2
  exit 1
fi
# Of a whole configuration it is usual that some is lost, as that of another release: a list of it is installed.
if [ -z "$baseFiles" ]; then
  rm config.dropped
elif [ -s config.dropped ]; then
  echo "warning: settings of the configuration that this kernel drops: $(wc -l <config.dropped); out/config.dropped has all of them:" >&2
  head -n 20 config.dropped >&2
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
# Files that a setting names would be missed late in the build.
absent=
firmware=$(sed -n 's,^CONFIG_EXTRA_FIRMWARE_DIR="\(.*\)"$,\1/,p' .config)
for symbol in BOOT_CONFIG_EMBED_FILE EFI_SBAT_FILE INITRAMFS_SOURCE EXTRA_FIRMWARE MODULE_SIG_KEY SYSTEM_BLACKLIST_HASH_LIST \
  SYSTEM_REVOCATION_KEYS SYSTEM_TRUSTED_KEYS UNUSED_KSYMS_WHITELIST; do
  read -r -a files <<<"$(sed -n "s,^CONFIG_$symbol=\"\(.*\)\"\$,\1,p" .config)"
  for file in "${files[@]}"; do
    if [ "$symbol" = EXTRA_FIRMWARE ]; then file=$firmware$file; fi
    if [ ! -e "$file" ]; then
      echo "error: CONFIG_$symbol names $file, which is not in the kernel's source" >&2
      absent=1
    fi
  done
done
if [ -n "$absent" ]; then
  cat >&2 <<'END'
hint: a build sees no other file: set the symbol to "" in a fragment, or add a text file to the source with `patches` of a table
[source.NAME]
END
  exit 1
fi
rm asked.config given.config missed conf.own conf.explain
