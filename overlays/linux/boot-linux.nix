# A kernel, started by QEMU with an initramfs: its first program loads a module that was built against the kernel's kdir,
# reads what the module shows, removes it, loads what other modules it is given, and ends the machine.
{
  stdenv,
  bc,
  perl,
  qemu,
  linux,
  # The suffix of QEMU's program, what it is told of the machine, and what the kernel is told.
  emulator,
  machine,
  commandLine,
  # How the machine is ended: poweroff or restart.
  end,
  # Built modules that are loaded, too.
  modules ? [ ],
}:
stdenv.mkDerivation {
  pname = "check-boot-${linux.target}";
  version = linux.version or "0";

  nativeBuildInputs = [
    linux.compiler
    bc
    perl
  ];
  inherit
    linux
    qemu
    emulator
    machine
    commandLine
    end
    modules
    ;
  inherit (linux)
    arch
    image
    compilerFlags
    programCompiler
    kdir
    headers
    ;
  program = ./boot-linux/init.c;
  module = ./boot-linux/hello;

  phases = [ "installPhase" ];
  installPhase = builtins.readFile ./boot-linux.sh;

  meta.description = "Linux for ${linux.target}, booted";
}
