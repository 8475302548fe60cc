# shellcheck shell=bash
# `-static` stands on a line of its own in this line's config.gypi, where link.sh does not look for it.
sed -i '/^ *"-static"$/d' config.gypi
# Addons use functions of these libraries that Node.js itself does not.
sed -i 's/^\t-luv \\$/\t-Wl,--whole-archive -luv -lz -lssl -lcrypto -Wl,--no-whole-archive \\/' out/node.target.mk
if ! grep -q -e '--whole-archive -luv' out/node.target.mk; then
  echo 'error: the link does not name libuv where it was looked for' >&2
  exit 1
fi
