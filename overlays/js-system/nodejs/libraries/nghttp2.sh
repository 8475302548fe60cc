# shellcheck shell=bash disable=SC2154 # the derivation's attributes arrive as variables
flags+=(-Ilib/includes -Ilib -DNGHTTP2_STATICLIB -DHAVE_ARPA_INET_H -DHAVE_NETINET_IN_H)
flags+=(-DHAVE_CLOCK_GETTIME -DHAVE_DECL_CLOCK_MONOTONIC=1)
library nghttp2 lib/*.c
mkdir "$include/nghttp2"
cp lib/includes/nghttp2/*.h "$include/nghttp2/"
