# shellcheck shell=bash
# What the sources lack for 32-bit x86. V8 needs a processor with SSE2, and zlib uses it too, without a word to the compiler.
CFLAGS+=' -msse2 -mfpmath=sse' CXXFLAGS+=' -msse2 -mfpmath=sse'
# OpenSSL's assembly was written with two lines of nasm's, where the C preprocessor's belong.
find deps/openssl/config/archs/linux-elf -name '*.S' -exec sed -i 's/^\t%\(ifdef __CET__\|endif\)$/#\1/' {} +
if grep -rn --include='*.S' '^\s*%' deps/openssl/config/archs/linux-elf; then
  echo "error: OpenSSL's assembly has lines of nasm's" >&2
  exit 1
fi

