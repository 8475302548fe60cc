# GCC's support library, static and shared, and the start files that go with it.
{
  stdenv,
  binutils,
  gcc,
  muslHeaders,
  src,
  version,
  target,
  # GCC's own: some of them, such as --disable-decimal-float, are read by this configure script, too.
  flags,
}:
let
  # In these files GCC asks for glibc where it means Linux, so that with musl it leaves something out: on x86, the unwinder's way
  # through a signal handler, and the memory of -ftrampoline-impl=heap; on AArch64, the question whether the processor has
  # atomic instructions (LSE), without which every atomic operation is a loop. musl shows getauxval alone.
  asksForGlibc =
    if builtins.match "x86_64-.*|i[3-6]86-.*" target != null then
      # From GCC 15 on, the first does not ask.
      (if builtins.compareVersions version "15" < 0 then [ "i386/linux-unwind.h" ] else [ ])
      ++ [ "i386/heap-trampoline.c" ]
    else if builtins.match "aarch64.*" target != null then
      [ "aarch64/lse-init.c" ]
    else
      [ ];
in
stdenv.mkDerivation {
  pname = "libgcc-${target}";
  inherit version src;
  inherit (import ./gcc-archive.nix) postUnpack;

  nativeBuildInputs = [
    binutils
    gcc
  ];

  # Where programs have a table of exceptions' frames (PT_GNU_EH_FRAME), the unwinder finds it when something is thrown. GCC
  # does not expect that with musl, and has the start files of each program and shared object announce all frames, which
  # the first throw then sorts.
  # On SuperH, the unwinder knows a signal handler's frame by the instructions that return from it, and musl's are others.
  postPatch = ''
    sed -i 's/^\( *(defined(__DragonFly__) .* defined(__NetBSD__)\))$/\1 || defined(__linux__))/' libgcc/crtstuff.c
    if ! grep -q '__NetBSD__) || defined(__linux__))$' libgcc/crtstuff.c; then
      echo "error: libgcc/crtstuff.c is not as it was: it says in another way which systems have tables of frames" >&2
      exit 1
    fi
    for file in ${toString asksForGlibc}; do
      file=libgcc/config/$file
      sed -i -E 's/^#if defined __GLIBC__ && .*__GLIBC_MINOR__.*/#ifdef __linux__/
        s/^#(if.*)__gnu_linux__/#\1__linux__/
        s/__getauxval/getauxval/' "$file"
      if grep -E '^# *(el)?if.*(__GLIBC__|__gnu_linux__)' "$file" || ! grep -E '^#if.*__linux__' "$file"; then
        echo "error: $file is not as it was: it asks for glibc in another way" >&2
        exit 1
      fi
    done
  ''
  + (
    if builtins.substring 0 2 target == "sh" then
      ''
        file=libgcc/config/sh/linux-unwind.h
        # mov #119,r3; trapa #31 and mov #100,r3; add #73,r3; trapa #31
        sed -i -E 's/^  if \((\(\(\*\(unsigned short \*\) \(pc\+0\) +== 0x9300\))/  if (musl (pc, 0xe377, 0xc31f, 0)\n      || \1/
          s/^  else if \((\(\(\*\(unsigned short \*\) \(pc\+0\) +== 0x9300\))/  else if (musl (pc, 0xe364, 0x7349, 0xc31f)\n           || \1/
          s/^static _Unwind_Reason_Code$/static int\nmusl (const unsigned char *pc, int a, int b, int c)\n{\n  const unsigned short *code = (const unsigned short *) pc;\n  return code[0] == a \&\& code[1] == b \&\& (c == 0 || code[2] == c);\n}\n\n&/' "$file"
        if [ "$(grep -c 'musl (pc, 0xe3' "$file")" != 2 ]; then
          echo "error: $file is not as it was: it knows the end of a signal handler in another way" >&2
          exit 1
        fi
      ''
    else
      ""
  )
  # On MicroBlaze, the remainder of 64-bit numbers is written in assembler, and is wrong wherever one of them is negative: so is every
  # date before March 2000. It is not marked as a function either, so that ld takes it for data. GCC has one in C for processors
  # without.
  + (
    if builtins.match "microblaze.*" target != null then
      ''
        file=libgcc/config/microblaze/t-microblaze
        sed -i -e '/^LIB2FUNCS_EXCLUDE/s/ _moddi3//' -e '/\/moddi3\.S/d' "$file"
        if grep moddi3 "$file" || ! grep -q '^LIB2FUNCS_EXCLUDE' "$file"; then
          echo "error: $file is not as it was: it names the remainder of 64-bit numbers in another way" >&2
          exit 1
        fi
      ''
    else
      ""
  );

  # The build reads GCC's generated headers from where GCC's own build would have left them: two levels up, in gcc/.
  # libgcc_s is linked before there is a C library: its start files are assembled from musl's source, and an empty
  # library of its name stands in for what the linker records as needed. The start files do not say that they need no executable
  # stack, and without that word the linker would ask for one.
  preConfigure = ''
    mkdir -p ../build/${target}/libgcc ../stub
    cp -r ${gcc.dev}/gcc ../build/gcc
    chmod -R u+w ../build/gcc
    mkdir ../build/gcc/include
    ${target}-gcc -shared -nostdlib -Wl,-soname,libc.so -o ../stub/libc.so -x c /dev/null
    for part in crti crtn; do ${target}-gcc -Wa,--noexecstack -c ${muslHeaders}/crt/$part.s -o ../stub/$part.o; done
    cd ../build/${target}/libgcc
    configureScript=../../../$sourceRoot/libgcc/configure
    export CC="${target}-gcc --sysroot=${muslHeaders} -B$NIX_BUILD_TOP/stub" AR=${target}-ar RANLIB=${target}-ranlib NM=${target}-nm \
      STRIP=${target}-strip
    # No debugging data: it would carry this build's paths, and differ between seeds.
    makeFlagsArray+=("CFLAGS=-O2 -g0" "LIBGCC2_DEBUG_CFLAGS=-g0" "SHLIB_LC=-L$NIX_BUILD_TOP/stub -lc")
  '';
  configureFlags = [
    "--build=${stdenv.buildPlatform.config}"
    "--host=${target}"
    "--with-slibdir=${placeholder "out"}/${target}/lib"
    "--enable-shared"
    "--disable-multilib"
    # The answer that GCC's configure gives for every musl target.
    "--enable-threads=posix"
  ]
  # Warnings of a newer C library are no errors here. GCC 14 has none that could be.
  ++ (if builtins.compareVersions version "15" < 0 then [ ] else [ "--disable-werror" ])
  ++ flags;
  makeFlags = [ "MAKEINFO=true" ];
  # The driver of a musl compiler does not ask for libssp_nonshared, where others keep this function, but always for libgcc.
  # A library of that name is for build scripts that ask for it.
  # And a place without the version in its name, for those who look for libgcc without the driver's help.
  postInstall = ''
    # Programs hold the names of their sources, and that of a file in the store has its hash.
    cp ${./stack-chk-fail-local.c} stack-chk-fail-local.c
    ${target}-gcc -O2 -g0 -fPIC -fno-stack-protector -c stack-chk-fail-local.c -o stack-chk-fail-local.o
    if ${target}-readelf --wide --program-headers "$out/${target}/lib/"libgcc_s.so.[0-9] | grep GNU_STACK | grep E; then
      echo 'error: libgcc_s asks for an executable stack' >&2
      exit 1
    fi
    ${target}-ar rs "$out/lib/gcc/${target}/${version}/libgcc.a" stack-chk-fail-local.o
    ${target}-ar rcs "$out/${target}/lib/libssp_nonshared.a" stack-chk-fail-local.o
    ln -s ${version}/libgcc.a "$out/lib/gcc/${target}/libgcc.a"
  '';

  enableParallelBuilding = true;
  # Libraries for another machine: neither left out, nor stripped or patched with the build machine's tools.
  dontDisableStatic = true;
  dontStrip = true;
  dontPatchELF = true;

  meta.description = "GCC's support library for ${target}";
}
