# The program that writes stubs of libraries that every Mac has. It needs nothing but Rust's standard library.
{
  stdenv,
  rustc,
}:
stdenv.mkDerivation {
  pname = "stubs";
  version = "0.1.0";
  src = ./stubs/src;

  nativeBuildInputs = [ rustc ];

  # As for static-macho: neither cores nor directory show in the program.
  buildPhase = ''
    runHook preBuild
    rustc --edition 2021 -C opt-level=2 -C panic=abort -C codegen-units=1 -C debuginfo=0 -C strip=symbols -C linker=cc \
      --remap-path-prefix $PWD=stubs -o stubs main.rs
    runHook postBuild
  '';
  installPhase = ''
    runHook preInstall
    mkdir -p "$out/bin"
    cp stubs "$out/bin/"
    runHook postInstall
  '';

  meta.description = "Writes stubs of macOS' libraries";
}
