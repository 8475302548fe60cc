# A system: the kernel, its initramfs, what the kernel is told, and the manifest of every file.
{
  stdenv,
  linux,
  initramfs,
  commandLine,
}:
stdenv.mkDerivation {
  pname = "js-system-${initramfs.root}";
  version = linux.version or "0";
  inherit linux initramfs commandLine;
  inherit (linux) image;
  release = linux.version or "0";

  phases = [ "installPhase" ];
  installPhase = ''
    mkdir "$out"
    cp "$linux/''${image##*/}" "$out/kernel"
    cp "$initramfs/initramfs" "$out/initramfs"
    printf '%s\n' "$commandLine" >"$out/command-line"
    {
      head -n 1 "$initramfs/manifest.tsv"
      printf 'kernel\t0644\t%s\t%s\t%s\n' "$(sha256sum "$out/kernel" | cut -d ' ' -f 1)" "linux $release" \
        'GPL-2.0-only WITH Linux-syscall-note'
      tail -n +2 "$initramfs/manifest.tsv"
    } >"$out/manifest.tsv"
  '';

  meta.description = "A system whose first process is JavaScript";
}
