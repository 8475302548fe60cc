# shellcheck shell=bash disable=SC2154 # the derivation's attributes arrive as variables
cd libuv || exit
flags+=(-Iinclude -Isrc -D_GNU_SOURCE -fno-strict-aliasing)
# Of the files for one system or another, those for Linux.
unix=(
  async core dl fs getaddrinfo getnameinfo linux loop loop-watcher pipe poll process procfs-exepath proctitle
  random-devurandom random-getrandom random-sysctl-linux signal stream tcp thread tty udp
)
sources=("${unix[@]/#/src/unix/}")
library uv src/*.c "${sources[@]/%/.c}"
cp -r include/uv.h include/uv "$include/"
