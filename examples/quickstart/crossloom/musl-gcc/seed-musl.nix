# musl with the seed's own compiler, and a program with that: the shortest way to see that a seed builds what runs.
{
  stdenv,
  src,
  version,
}:
stdenv.mkDerivation {
  pname = "seed-musl";
  inherit version src;

  configureFlags = [
    "--disable-shared"
    "CFLAGS=-O2"
  ];
  postInstall = ''
    printf '%s\n' '#include <stdio.h>' 'int main(void) { puts("built with musl"); return 0; }' > hello.c
    "$out/bin/musl-gcc" -static hello.c -o hello
    ./hello | tee "$out/output"
    grep -q 'built with musl' "$out/output"
  '';

  meta.description = "musl built with the seed's compiler";
}
