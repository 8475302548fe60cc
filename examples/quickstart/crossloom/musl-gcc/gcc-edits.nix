# Edits to the source of GCC's host programs for one target: the text of a shell.
{
  version,
  target,
  # See gcc.nix.
  addStaticPie,
  # Whether the programs are static, and are for any machine.
  portable,
}:
# Debian's archive has stubs in place of the manuals' sources, and make wants to compare one of them with what the
# compiler's own tables say it should be.
# One directory for libraries, lib: without multilib there is no other, but some 64-bit targets would still use lib64.
''
  grep -q '^s-tm-texi: build.genhooks' gcc/Makefile.in
  grep -qF '|| test -n "$(MULTILIB_OSDIRNAMES)"' gcc/Makefile.in
  sed -i '/^s-tm-texi: build.genhooks/,/^$/c s-tm-texi:\n\t$(STAMP) $@\n' gcc/Makefile.in
  sed -i 's/|| test -n "$(MULTILIB_OSDIRNAMES)"/|| false/' gcc/Makefile.in
  # The bundled zlib takes every Darwin since Mac OS 9 for one without fdopen.
  sed -i '/# *define fdopen(fd,mode) NULL/d' zlib/zutil.h
''
+ (
  if addStaticPie then
    ''
      grep -q '^#define LINK_PIE_SPEC "%{static|shared|r' gcc/gcc.cc
      sed -i 's/^#define LINK_PIE_SPEC "/&%{static-pie:-static -pie --no-dynamic-linker -z text} /' gcc/gcc.cc
    ''
  else
    ""
)
# The path of lto-wrapper is escaped for the options of the linker's plugin. Without a plugin nothing takes the escapes away, and
# -flto fails in a folder whose name has a blank. So does -flto=auto, which writes the driver's path into a makefile.
+ (
  if portable then
    ''
      grep -q 'lto_wrapper_file = convert_white_space (lto_wrapper_file);' gcc/gcc.cc
      sed -i '/lto_wrapper_file = convert_white_space (lto_wrapper_file);/d' gcc/gcc.cc
      grep -qF '"%s:\n\t@%s ", output_name, new_argv[0]' gcc/lto-wrapper.cc
      sed -i "s/\"%s:\\\\n\\\\t@%s \", output_name/\"%s:\\\\n\\\\t@'%s' \", output_name/" gcc/lto-wrapper.cc
    ''
  else
    ""
)
# Start files of 64-bit MIPS, too, would be looked for in lib64 or lib32.
+ (
  if builtins.match "mips(isa)?64.*" target != null then
    ''
      grep -q '^#define STANDARD_STARTFILE_PREFIX_1 "/lib64/"' gcc/config/mips/mips.h
      sed -i '/^#define STANDARD_STARTFILE_PREFIX_[12] /d' gcc/config/mips/mips.h
    ''
  else
    ""
)
# On RISC-V, GCC takes functions that are chosen at start (ifunc) for something that every Linux has, if the linker has it. musl's
# loader ends such a program.
+ (
  if builtins.match "riscv.*" target != null then
    ''
      sed -i '/^  riscv\*-\*-linux\*)$/{N;/linker ifunc IRELATIVE support/s/linux\*)/linux-gnu*)/}' gcc/configure
      if [ "$(grep -c '^  riscv\*-\*-linux-gnu\*)$' gcc/configure)" != 1 ]; then
        echo "error: gcc/configure is not as it was: it asks about ifunc in another way" >&2
        exit 1
      fi
    ''
  else
    ""
)
# On LoongArch, code that is not position-independent has the addresses of everything in tables that hold them, also of what
# shared objects define. In a read-only section, such as C++'s tables of virtual functions, the loader cannot put them there.
+ (
  if builtins.match "loongarch.*" target != null then
    ''
      file=gcc/config/loongarch/loongarch.cc
      grep -q '^struct gcc_target targetm = TARGET_INITIALIZER;$' "$file"
      if grep -q TARGET_ASM_RELOC_RW_MASK "$file"; then
        echo "error: $file is not as it was: it says itself which tables are written to" >&2
        exit 1
      fi
      sed -i '/^struct gcc_target targetm = TARGET_INITIALIZER;$/i static int\nmusl_reloc_rw_mask (void)\n{\n  return flag_pic ? 3 : 2;\n}\n#undef TARGET_ASM_RELOC_RW_MASK\n#define TARGET_ASM_RELOC_RW_MASK musl_reloc_rw_mask\n' "$file"
    ''
  else
    ""
)
# Before GCC 15, compare-and-swap reports the opposite of what it did. From GCC 15 on, it can end up in the delay slot of a jump,
# and it treats words as equal that differ only in the top bit.
+ (
  if builtins.match "microblaze.*" target == null then
    ""
  else if builtins.compareVersions version "15" < 0 then
    ''
      grep -qF '"bnei \t%0,.+16"' gcc/config/microblaze/sync.md
      rm gcc/config/microblaze/sync.md
      cp ${./microblaze-sync.md} gcc/config/microblaze/sync.md
    ''
  else
    ''
      grep -qF '"cmp  \t%8,%1,%3\n\t"' gcc/config/microblaze/sync.md
      sed -i -e 's/"cmp  \\t%8,%1,%3/"xor  \\t%8,%1,%3/' -e 's/(set_attr "type"\t"atomic")/(set_attr "type" "multi")/' gcc/config/microblaze/sync.md
    ''
)
