# shellcheck shell=bash disable=SC2154 # the derivation's attributes arrive as variables, and `start`

mkdir "$out"
words "$machine"
found=0
timeout 300 "$qemu/bin/qemu-system-$emulator" "${words[@]}" -m 256 -nic none -display none -monitor none -no-reboot \
  -serial "file:$NIX_BUILD_TOP/serial" "${start[@]}" || found=$?
tr -d '\r' <"$NIX_BUILD_TOP/serial" | tee "$out/output"

# Each line is looked for behind the one before it.
after=0
while IFS= read -r line; do
  place=$(tail -n "+$((after + 1))" "$out/output" | grep -nF -m 1 -- "$line" | cut -d : -f 1 || true)
  if [ -z "$place" ]; then
    echo "error: the serial port does not say '$line'" >&2
    if [ "$after" != 0 ]; then echo "hint: it is looked for after line $after of the output" >&2; fi
    exit 1
  fi
  after=$((after + place))
done <<<"$serial"
if [ "$found" != "$status" ]; then
  echo "error: QEMU ended with status $found, not $status (124: the kernel did not end within 300 seconds)" >&2
  exit 1
fi
