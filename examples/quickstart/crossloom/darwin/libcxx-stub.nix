# Stubs of the C++ library that one release of macOS has, /usr/lib/libc++.1.dylib: made of the lists that LLVM keeps of what
# its dylib exports.
{
  stdenv,
  stubs,
  # LLVM's C++ library, with the lists and its headers.
  libcxx,
  version,
  # The release of Darwin, such as `22`, and the version of macOS that it is.
  darwin,
  minimum,
}:
stdenv.mkDerivation {
  pname = "libcxx-stub-darwin${darwin}";
  inherit version;

  phases = [ "installPhase" ];
  installPhase = ''
    mkdir -p "$out/lib"
    for library in libc++ libc++abi; do
      ${stubs}/bin/stubs libcxx --library "$library" --abi ${libcxx}/share/abi --minimum ${minimum} \
        --availability ${libcxx}/include/c++/v1/__configuration/availability.h > "$out/lib/$library.tbd"
    done
    ln -s libc++.tbd "$out/lib/libc++.1.tbd"
    for symbol in __Znwm ___cxa_throw ___gxx_personality_v0 __ZTISt9exception __ZNSt13runtime_errorC1EPKc; do
      grep -q "'$symbol'" "$out/lib/libc++.tbd" || { echo "the stub lacks $symbol" >&2; exit 1; }
    done
  '';

  meta.description = "Stub of libc++ as macOS ${minimum} has it";
}
