# shellcheck shell=bash disable=SC2154 # the derivation's attributes arrive as variables
case $target in
x86_64-*) platform=linux-x86_64 ;;
i686-*) platform=linux-x86 ;;
*)
  echo "error: crossloom does not know OpenSSL's name for $target" >&2
  exit 1
  ;;
esac
# By its name: perl run by its whole path does not find its modules.
export PERL=perl
# A static program loads no modules, so the old algorithms are in the library.
perl ./Configure "$platform" no-shared no-module no-apps no-tests no-docs --prefix=/ --openssldir=/etc/ssl --libdir=lib \
  "--cross-compile-prefix=$target-"
make "-j$NIX_BUILD_CORES" "SHELL=$SHELL" build_libs
cp libcrypto.a libssl.a "$lib/"
cp -r include/openssl "$include/"
rm -f "$include"/openssl/*.in
