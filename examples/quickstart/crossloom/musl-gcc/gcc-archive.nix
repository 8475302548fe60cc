# Debian's archive of GCC holds the real one, without its manuals, as an archive within.
{
  postUnpack = ''
    for inner in "$sourceRoot"/gcc-*-dfsg.tar.xz; do
      if [ -e "$inner" ]; then
        mv "$inner" inner.tar.xz
        rm -rf "$sourceRoot"
        mkdir "$sourceRoot"
        tar -xf inner.tar.xz -C "$sourceRoot" --strip-components=1 --no-same-owner
        rm inner.tar.xz
      fi
    done
  '';
}
