# shellcheck shell=bash disable=SC2154 # the derivation's attributes arrive as variables

# Some of them want a folder above theirs.
mkdir -p "$out" root/node/test
tar -xf "$src" -C root/node/test --strip-components=2 --no-same-owner --wildcards \
  '*/test/common' '*/test/fixtures' '*/test/parallel' '*/test/es-module'
cp "$runner" root/node/test/run.js
words "$tests"
patterns=("${words[@]}")
(
  cd root/node/test || exit
  for pattern in "${patterns[@]}"; do
    # shellcheck disable=SC2086 # a pattern
    ls -d $pattern
  done
) | LC_ALL=C sort -u >list
# A reason for a test that is not run would stay for ever.
sed '/^#/d' "$known" | cut -f 1 | LC_ALL=C sort >listed
if [ -n "$(LC_ALL=C comm -13 list listed | tee unknown)" ]; then
  echo 'error: these are listed as failing, and are not among the tests:' >&2
  cat unknown >&2
  exit 1
fi
cp list root/node/test/list
(
  cd root/node/test || exit
  find parallel es-module -type f | LC_ALL=C sort | LC_ALL=C comm -23 - list | xargs -d '\n' rm -f
)
# Everybody reads it, and only the first user writes.
chmod -R u=rwX,go=rX root
{
  cat "$package/initramfs"
  (cd root && find . -mindepth 1 | LC_ALL=C sort | cpio --quiet -o -H newc -R 0:0) | gzip -1n
} >initramfs

echo "$(wc -l <list) tests"
words "$machine"
status=0
timeout 14400 "$qemu/bin/qemu-system-$emulator" "${words[@]}" -m 2048 -smp 2 -display none -monitor none -no-reboot \
  -serial stdio -nic user,model=virtio-net-pci -kernel "$package/kernel" -initrd initramfs \
  -append "$(<"$package/command-line") system.console=none system.main=/node/test/run.js system.restart=never" </dev/null 2>&1 |
  tr -d '\r' | tee serial || status=$?
if [ "$status" != 0 ] || ! grep -q '^tests: ' serial; then
  echo "error: the system did not come to the end of its tests, or did not turn the machine off (status $status)" >&2
  exit 1
fi

# A line of the kernel may stand in the middle of one, so each test is looked for.
sed -n 's/.*test \(passed\|skipped\|failed\) \([a-z-]*\/test-[^ :]*\).*/\2\t\1/p' serial | LC_ALL=C sort -u >said
if ! cut -f 1 said | diff list - >missing; then
  echo 'error: the console does not say once of each test (<) how it ended:' >&2
  cat missing >&2
  exit 1
fi
sed -n 's/\tfailed$//p' said | LC_ALL=C sort >failed
if [ -n "$(LC_ALL=C comm -13 listed failed | tee new)" ]; then
  echo 'error: these tests fail, and no reason is listed for it:' >&2
  cat new >&2
  exit 1
fi
{
  grep '^tests: ' serial
  echo "known failures: $(wc -l <listed), of which $(LC_ALL=C comm -12 listed failed | wc -l) failed in this run"
  for pattern in "${patterns[@]}"; do
    for verdict in passed skipped failed; do
      # shellcheck disable=SC2254 # a pattern
      count=$(while IFS=$'\t' read -r test how; do
        case $test/$how in $pattern/$verdict) echo 1 ;; esac
      done <said | wc -l)
      printf '%s %s: %s\n' "$pattern" "$verdict" "$count"
    done
  done
} | tee "$out/output"
