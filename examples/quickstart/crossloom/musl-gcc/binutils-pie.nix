# Edits to ld's source without which static position-independent programs fail, for the targets that need them: the text of a
# shell, empty for most targets.
#
# musl's start files apply RELATIVE relocations to such a program, and no others. For some processors, ld also leaves relocations
# by the name of a symbol, although the program itself defines it, or leaves thread-local variables for a loader to find. Then
# pointers in tables of C++ are wrong, and a program that throws crashes. Dynamic programs do not change.
{ target }:
let
  cpu = builtins.head (builtins.match "([^-]*)-.*" target);
  # A program's own symbols are its own, as -Bsymbolic says it of a library.
  bound = "s/\\|\\| !(SYMBOLIC_BIND \\(.*[hH]\\)?\\))/|| !(bfd_link_pie (info) || \\1)/";
  boundOld = "s/info->symbolic/(bfd_link_pie (info) || info->symbolic)/";
  # What differs between programs and libraries, and not between fixed and free places.
  program = "s/bfd_link_pic/bfd_link_dll/";
  riscv = {
    file = "elfnn-riscv.c";
    edits = [
      "/define RISCV_COPY_INPUT_RELOC/,/def_regular/{${bound};s/link_pie \\(info/link_pie (INFO/}"
    ];
  };
  sh = {
    file = "elf32-sh.c";
    edits = [
      "/must defer relocation/,/R_SH_DIR32/${boundOld}"
      "/ELF32_R_INFO \\(h->dynindx, R_SH_REL32/,/R_SH_RELATIVE/${boundOld}"
      "/^sh_elf_optimized_tls_reloc/,/return r_type/${program}"
      "/r_type = sh_elf_optimized_tls_reloc/,/bfd_link_pic/${program}"
      "/case R_SH_TLS_LD_32:/{n;n;n;${program}}"
      "/case R_SH_TLS_LDO_32:/{n;n;${program}}"
      # A weak name that nothing defines has no number among the symbols, of which ld made one of 24 bits.
      "s/rel.r_info = ELF32_R_INFO \\(h->dynindx, R_SH_GLOB_DAT\\);/rel.r_info = h->dynindx == -1 ? ELF32_R_INFO (0, R_SH_NONE) : ELF32_R_INFO (h->dynindx, R_SH_GLOB_DAT);/"
    ];
  };
  microblaze = {
    file = "elf32-microblaze.c";
    edits = [
      boundOld
      "/Need to generate relocs/,/need_relocs = true/${program}"
      "/if \\(IS_TLS_LD\\(tls_type\\)\\)/,/else/${program}"
      # A weak name that nothing defines has no place, and ld looks at it.
      "/If this is a -Bsymbolic link, and the symbol is defined/,/R_MICROBLAZE_GLOB_DAT/s/^      if \\(bfd_link_pic \\(info\\)$/      if (h->root.type == bfd_link_hash_undefweak \\&\\& h->dynindx == -1)\\n\\tmicroblaze_elf_output_dynamic_relocation (output_bfd, srela, srela->reloc_count++, 0, R_MICROBLAZE_NONE, offset, 0);\\n      else if (bfd_link_pic (info)/"
    ];
  };
  known = {
    inherit microblaze;
    microblazeel = microblaze;
    m68k = {
      file = "elf32-m68k.c";
      edits = [
        bound
        "/by a PLTxxO relocation/,/dynindx == -1/s/h->dynindx == -1/(h->dynindx == -1 || (bfd_link_pie (info) \\&\\& SYMBOL_CALLS_LOCAL (info, h)))/"
        "s/else if \\(bfd_link_pic \\(info\\)\\).*h == NULL.*/else if (bfd_link_pic (info) \\&\\& (bfd_link_dll (info) || elf_m68k_reloc_got_type (r_type) == R_68K_GOT32O))/"
        "s/initialized in the relocate_section function.  \\*\\//&\\n\\t  if (bfd_link_pie (info) \\&\\& SYMBOL_REFERENCES_LOCAL (info, h)\\n\\t      \\&\\& (elf_m68k_reloc_got_type (r_type) != R_68K_GOT32O\\n\\t\\t  || h->root.type == bfd_link_hash_undefweak))\\n\\t    ;\\n\\t  else/"
      ];
    };
    or1k = {
      file = "elf32-or1k.c";
      edits = [
        "/dynamic = \\(bfd_link_pic \\(info\\) \\|\\| indx != 0\\)/${program}"
        # A weak name that nothing defines has no place, at which ld looked, and ended with a segmentation fault.
        "/initialized in the relocate_section function/,/R_OR1K_GLOB_DAT/s/if \\(bfd_link_pic \\(info\\) && SYMBOL_REFERENCES_LOCAL \\(info, h\\)\\)/if (h->root.type == bfd_link_hash_undefweak \\&\\& SYMBOL_REFERENCES_LOCAL (info, h))\\n\\t{\\n\\t  rela.r_info = ELF32_R_INFO (0, R_OR1K_NONE);\\n\\t  rela.r_addend = 0;\\n\\t}\\n      else &/"
      ];
    };
    riscv32 = riscv;
    riscv64 = riscv;
    s390x = {
      file = "elf64-s390.c";
      edits = [ bound ];
    };
    sh2 = sh;
    sh2eb = sh;
    sh4 = sh;
    sh4eb = sh;
  };
in
if known ? ${cpu} then
  ''
    cp bfd/${known.${cpu}.file} before.c
  ''
  + builtins.concatStringsSep "" (
    map (edit: ''
      sed -E -i ${builtins.toJSON edit} bfd/${known.${cpu}.file}
    '') known.${cpu}.edits
  )
  + ''
    diff before.c bfd/${known.${cpu}.file} || true
    rm before.c
  ''
else
  ""
