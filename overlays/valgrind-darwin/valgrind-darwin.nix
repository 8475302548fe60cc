# Valgrind for one generation of macOS: launcher, vgdb, preload libraries and the static tool executables.
{
  stdenv,
  perl,
  src,
  version,
  target,
  # The kernel's release: `22.6.0`. Valgrind's view of the system calls is fixed when it is compiled.
  darwinVersion,
  # A C compiler for the target, whose linker knows -static.
  cc,
  sdk,
  # A package with bin/mig. Without one, the four routines that Valgrind calls come from a source file.
  mig ? "",
}:
stdenv.mkDerivation {
  pname = "valgrind-${target}";
  inherit
    version
    src
    cc
    sdk
    mig
    target
    ;

  nativeBuildInputs = [
    perl
    cc
  ]
  ++ (if mig == "" then [ ] else [ mig ]);

  machRoutines = ./valgrind-mach.c;
  tools = "memcheck cachegrind callgrind helgrind drd massif dhat lackey none exp-bbv";

  postPatch = ''
    # change FILE FROM TO: a substitution that matches nothing is a patch that was lost.
    change() {
      grep -qF -e "$2" "$1" || { echo "$1: '$2' is not there" >&2; exit 1; }
      FROM=$2 TO=$3 perl -0777 -pi -e 's/\Q$ENV{FROM}\E/$ENV{TO}/g' "$1"
    }
    # The target's own linker, which makes static executables.
    change coregrind/link_tool_exe_darwin.in '"/usr/bin/ld"' '"${target}-ld"'
    change coregrind/link_tool_exe_darwin.in '$cmd -arch $archstr"' '$cmd -arch $archstr -S"'
    # It is run on the machine that builds.
    change coregrind/Makefile.in '$(CC) -I$(top_srcdir) -I$(top_builddir) -g -Wall -o $@ $<' \
      'cc -D__APPLE__ -I$(top_srcdir) -I$(top_builddir) -isystem ${./valgrind-shims} -Wall -o $@ $<'
    # Made once beforehand, below: make would run MIG for each of its outputs, and at the same time.
    change coregrind/Makefile.in '(cd m_mach && mig -I@SDK_INC_DIR@ $(mach_defs))' 'true'
    if grep -qF -e --with-darwin-version configure; then
      # It takes the kernel's release for the SDK's version, and finds no such SDK.
      change configure 'darwin_sdk="$darwin_platform$darwin_version"' 'darwin_sdk="$darwin_platform"'
      change configure 'if test x`xcrun --sdk $darwin_sdk --show-sdk-version` != x$darwin_version; then' 'if false; then'
      # Below macOS 11 Valgrind asks for 10.6, for which linkers want a start file that no SDK holds any more.
      change configure 'DARWIN_MIN_SDK="10.6"' 'DARWIN_MIN_SDK="10.8"'
    else
      # Before 3.27 it asks the kernel that runs.
      change configure 'kernel=`uname -r`' 'kernel=${darwinVersion}'
    fi
  '';

  configureFlags = [
    "--build=${stdenv.buildPlatform.config}"
    "--host=${target}"
    "--enable-only64bit"
    "--with-darwin-version=${darwinVersion}"
    "--with-xcode-path=${sdk}"
    "CC=${target}-clang"
    "CXX=${target}-clang++"
    "AR=${target}-ar"
    "RANLIB=${target}-ranlib"
    "LTO_AR=${target}-ar"
    "LTO_RANLIB=${target}-ranlib"
    "NM=${target}-nm"
    "STRIP=${target}-strip"
    # Its place on a Mac; otherwise configure writes down the build machine's.
    "GDB=/usr/bin/gdb"
  ];
  # The place where a user unpacks it; VALGRIND_LIB names another one.
  prefix = "/usr/local";
  preConfigure = ''
    # nixpkgs' own environment on a Mac names another SDK.
    unset SDKROOT MACOSX_DEPLOYMENT_TARGET
    configureFlagsArray+=("CPP=${target}-clang -E")
    # Neither the build's directory nor the SDK's place may show. No debugging data: programs are linked without it, and
    # in the archives it would name the package of the compiler. Stripped afterwards it leaves gaps between sections.
    export CFLAGS="-g0 -ffile-prefix-map=$PWD=. -ffile-prefix-map=$sdk=/sdk -ffile-prefix-map=$cc=/cc"
    # No stabs, of libraries neither: they hold absolute names of object files, and the linker's UUID is a hash over them.
    export LDFLAGS="-Wl,-S"
    export ZERO_AR_DATE=1
    mkdir -p coregrind/m_mach
    if [ -n "$mig" ]; then
      (cd coregrind/m_mach && for name in mach_vm task thread_act vm_map; do
        mig "-I$sdk/usr/include" "$sdk/usr/include/mach/$name.defs"
      done)
    else
      cp "$machRoutines" coregrind/m_mach/mach_vmUser.c
      for name in task thread_act vm_map; do
        echo '/* See mach_vmUser.c. */' > "coregrind/m_mach/''${name}User.c"
      done
      for name in mach_vm task thread_act vm_map; do
        echo "#include <mach/$name.h>" > "coregrind/m_mach/$name.h"
      done
      makeFlagsArray+=("mach_defs=")
    fi
  '';
  # Debugging data of the tools would be another 100 MB, and nothing on a Mac reads it from here.
  makeFlags = [ "noinst_DSYMS=" ];

  installPhase = ''
    make SHELL="$SHELL" noinst_DSYMS= "''${makeFlagsArray[@]}" install DESTDIR="$PWD/root"
    mkdir -p "$out"
    cp -r root/usr/local/. "$out/"
    # Scripts run with what a Mac has.
    for program in "$out"/bin/*; do
      if [ "$(head -c 2 "$program" | tr -d '\000')" = '#!' ]; then sed -i -E '1s|/[^ ]*/bin/perl|/usr/bin/perl|' "$program"; fi
    done
    for tool in $tools; do
      [ -x "$out/libexec/valgrind/$tool-amd64-darwin" ] || { echo "$tool was not installed" >&2; exit 1; }
    done
    for file in libexec/valgrind/default.supp share/man/man1/valgrind.1 include/valgrind/valgrind.h; do
      [ -s "$out/$file" ] || { echo "$file was not installed" >&2; exit 1; }
    done
  '';
  enableParallelBuilding = true;
  # Nothing of the build machine goes to a Mac.
  allowedReferences = [ ];
  dontStrip = true;
  dontFixup = true;

  passthru = { inherit target; };
  meta.description = "Valgrind for macOS (${target})";
}
