# The editor of load commands that makes Valgrind's tools static, and the checker of Mach-O files. It runs on the build
# machine, and needs nothing but Rust's standard library: rustc alone compiles it.
{
  stdenv,
  rustc,
}:
stdenv.mkDerivation {
  pname = "static-macho";
  version = "0.1.0";
  src = ./static-macho/src;

  nativeBuildInputs = [ rustc ];

  # One codegen unit and no debugging data: neither the number of cores nor the build's directory shows in the program.
  # A panic has nobody to catch it, and unwinding is half of the program's size.
  buildPhase = ''
    runHook preBuild
    flags="--edition 2021 -C opt-level=2 -C panic=abort -C codegen-units=1 -C debuginfo=0 -C strip=symbols -C linker=cc"
    flags="$flags --remap-path-prefix $PWD=static-macho"
    rustc $flags --crate-type rlib --crate-name static_macho lib.rs
    rustc $flags --extern static_macho=libstatic_macho.rlib -o static-macho main.rs
    runHook postBuild
  '';
  installPhase = ''
    runHook preInstall
    mkdir -p "$out/bin"
    cp static-macho "$out/bin/"
    runHook postInstall
  '';

  meta.description = "Makes static Mach-O executables, and checks Mach-O files";
}
