# A development shell for a kernel: cargo, rustc and rust-analyzer find the target, the crates and the standard library's
# sources by variables, and `cargo run` and `cargo test` start QEMU.
{
  stdenv,
  mkShellNoCC,
  qemu,
  # The kernel.
  toolchain,
  target,
  cxx,
  # The shell's name.
  cell,
  # The suffix of QEMU's program, flags for it, and the status with which a kernel that works ends it.
  emulator,
  machine,
  status,
}:
let
  inherit (toolchain)
    rust
    crates
    rustflags
    linkerScript
    targetFile
    compiler
    cflags
    ;
  files = import ./shell-files.nix {
    inherit stdenv rust crates;
    git = toolchain.git or [ ];
    settings = toolchain.settings or "";
  };
  runner = import ./qemu-runner.nix {
    inherit
      stdenv
      qemu
      emulator
      machine
      status
      ;
  };
  # cargo calls a target after its file.
  file = builtins.match "(.*/)?([^/]*)[.]json" targetFile;
  triple = if targetFile == "" then target else builtins.elemAt file 1;
  under = builtins.replaceStrings [ "-" "." ] [ "_" "_" ];
  upper = builtins.replaceStrings (letters "abcdefghijklmnopqrstuvwxyz") (
    letters "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
  );
  letters = text: builtins.genList (at: builtins.substring at 1 text) (builtins.stringLength text);
  cargo = name: "CARGO_TARGET_${upper (under triple)}_${name}";
  cc = name: "${name}_${under triple}";
  flags = [
    "-C"
    "linker=ld.lld"
  ]
  ++ rustflags
  # cargo links in the workspace's folder.
  ++ (
    if linkerScript == "" then
      [ ]
    else
      [
        "-C"
        "link-arg=-T${linkerScript}"
      ]
  );
  none = "${files}/bin/no-c-compiler";
  clang = if compiler == "" then none else "${compiler}/bin/clang";
in
mkShellNoCC {
  name = "kernel-${target}-shell";
  packages = [
    files
    rust
    qemu
  ];

  CROSSLOOM_CELL = cell;
  CARGO_BUILD_TARGET = if targetFile == "" then target else targetFile;
  CARGO_NET_OFFLINE = "true";
  # In the place of all flags in files of cargo's configuration. Those for a target by its name would be joined to them.
  RUSTFLAGS = builtins.concatStringsSep " " flags;
  # Unstable features, which the standard library and kernels need.
  RUSTC_BOOTSTRAP = "1";
  RUST_SRC_PATH = "${rust}/lib/rustlib/src/rust/library";
  # Names of variables that hold the target are not attributes here: some have lower-case letters.
  shellHook = ''
    export RUSTC=${files}/bin/rustc
    export ${cargo "RUNNER"}=${runner}/bin/run-in-qemu
    export ${cc "CC"}=${clang} ${cc "CXX"}=${clang}
    export ${cc "AR"}=${if compiler == "" then none else "${compiler}/bin/llvm-ar"}
    export ${cc "CFLAGS"}="${builtins.concatStringsSep " " cflags}"
    export ${cc "CXXFLAGS"}="${builtins.concatStringsSep " " cflags}"
    source "${../shell/prompt.sh}"
  '';
}
