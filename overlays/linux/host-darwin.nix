# What a macOS build machine needs to compile the Linux kernel's host tools (scripts/, objtool, …), as data for the
# kernel's recipe. Each entry says what breaks without it.
{
  # For make's HOSTCFLAGS; each is one word. The order counts.
  hostCFlags = [
    # Before everything: headers of Darwin's that declare what a tool defines itself (objtool's fls).
    "-I${./darwin-wrap}"
    # After everything: elf.h, byteswap.h, endian.h and the kernel's own asm/*.h, of which a Mac has none. Not -I: these
    # would stand before the kernel's headers of the same names, which genheaders and mdp mean to read.
    "-idirafter${./darwin-include}"
    # modpost's file2alias.c defines uuid_t as a structure; Darwin's is an array. Its own guard keeps it out …
    "-D_UUID_T"
    # … and this one keeps out the declaration of gethostuuid() in unistd.h, which uses it.
    "-D__GETHOSTUUID_H"
    # Darwin's fortified string functions are macros, and objtool defines functions of these names.
    "-D_FORTIFY_SOURCE=0"
    # objtool is compiled with -Werror: kernel headers define macros that Darwin's have, too …
    "-Wno-macro-redefined"
    # … and Darwin deprecates sprintf and others that the tools call.
    "-Wno-deprecated-declarations"
  ];

  # For make's HOSTLDFLAGS. None: LLVM=1 leaves the linker of host tools to the compiler, which has Apple's on a Mac;
  # -fuse-ld=lld, as on Linux, would ask for a linker that is not on PATH there.
  hostLdFlags = [ ];

  # For LLVM=1, which otherwise takes ld.lld for this, an ELF linker: tools/build joins objects of the build machine
  # with `$(HOSTLD) -r`, and of the linkers for Mach-O Apple's alone knows -r.
  hostLd = "ld";

  # Host tools that a Mac can't build with these flags alone, by their place in the build tree.
  notBuilt = {
    # Its objects compile with the flags above but for four of libsubcmd, whose makefile passes on no HOSTCFLAGS; the
    # kernel's EXTRA_CFLAGS would reach them, and every object of the target as well.
    "tools/objtool/objtool" = "needs libelf for the Mac, and libsubcmd is not handed HOSTCFLAGS";
    "scripts/sign-file" = "needs OpenSSL for the Mac";
    "certs/extract-cert" = "needs OpenSSL for the Mac";
  };
}
