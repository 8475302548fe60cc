#!/usr/bin/env bash
# Makes a container image with crossloom and Debian's Nix: image.sh CROSSLOOM OUTPUT [--base FOLDER]
# CROSSLOOM is a static program. OUTPUT is an OCI archive, as `skopeo copy oci-archive:OUTPUT …` and `podman load` read it. The
# image is a bare Debian from the archive in this machine's apt sources. Needs root, debootstrap and python3.
set -euo pipefail

work=
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$0")/bare.sh"
lack=$(lacks)
[ -z "$lack" ] || die "$lack"
crossloom=$(realpath "$1")
output=$(realpath -m "$2")
base=
[ "${3:-}" != --base ] || base=${4:?}
[ -x "$crossloom" ] || die "there is no program $crossloom"
if readelf --program-headers "$crossloom" | grep -q INTERP; then
  die "$crossloom is not static" 'cargo build --release --locked --package crossloom --target x86_64-unknown-linux-musl'
fi
work=$(mktemp -d)
trap 'leave "$work"' EXIT
# Times in the image are at most those of the commit, not of this run.
epoch=$(git log -1 --format=%ct)
version=$("$crossloom" --version)
bare "$base"
root=$work/base
cat >"$root/given/install" <<'END'
set -euo pipefail
apt-get install -qq --no-install-recommends ca-certificates git nix-bin >/dev/null
apt-get clean
END
enter "$root" /given/install >"$work/log" 2>&1 || {
  tail -n 20 "$work/log" >&2
  die 'the packages cannot be installed'
}
# Variables of this machine, such as TMPDIR, mean nothing there.
inside() { env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin chroot "$root" "$@"; }
# What belongs to this machine, and what changes with every run.
rm -rf "$root/given" "$root/etc/apt/apt.conf.d/90first-hour" "$root/etc/resolv.conf" "$root/etc/hosts" "$root/etc/hostname" \
  "$root/usr/local/share/ca-certificates" "$root"/var/lib/apt/lists/* "$root"/var/cache/*/* "$root"/var/log/* "$root"/tmp/*
inside update-ca-certificates --fresh >/dev/null
install -m 755 "$crossloom" "$root/usr/local/bin/crossloom"
[ "$(inside crossloom --version)" = "$version" ] || die 'crossloom does not run in the image'
inside nix --version
mkdir -p "$root/work"
tar --create --sort=name --mtime="@$epoch" --clamp-mtime --numeric-owner --directory "$root" . >"$work/layer.tar"

python3 - "$work/layer.tar" "$work/image" "$epoch" "$version" <<'PYTHON'
import datetime, gzip, hashlib, json, pathlib, shutil, sys

layer, image, epoch, version = sys.argv[1:]
blobs = pathlib.Path(image, "blobs", "sha256")
blobs.mkdir(parents=True)


def digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def blob(path, kind):
    name = digest(path)
    size = path.stat().st_size
    path.rename(blobs / name)
    return {"mediaType": f"application/vnd.oci.image.{kind}", "digest": f"sha256:{name}", "size": size}


def text(value, kind):
    path = pathlib.Path(image, "new")
    path.write_text(json.dumps(value, sort_keys=True))
    return blob(path, kind)


packed = pathlib.Path(image, "layer")
with open(layer, "rb") as plain, open(packed, "wb") as raw, gzip.GzipFile(fileobj=raw, mode="wb", compresslevel=6, mtime=0, filename="") as to:
    shutil.copyfileobj(plain, to)
diff = f"sha256:{digest(layer)}"
layer = blob(packed, "layer.v1.tar+gzip")
created = datetime.datetime.fromtimestamp(int(epoch), datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
config = text(
    {
        "created": created,
        "architecture": "amd64",
        "os": "linux",
        "config": {
            "Entrypoint": ["crossloom"],
            "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8"],
            "WorkingDir": "/work",
            "Labels": {"org.opencontainers.image.title": version, "org.opencontainers.image.licenses": "MIT OR Apache-2.0"},
        },
        "rootfs": {"type": "layers", "diff_ids": [diff]},
        "history": [{"created": created, "created_by": "checks/image.sh"}],
    },
    "config.v1+json",
)
manifest = text(
    {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "config": config, "layers": [layer]},
    "manifest.v1+json",
)
manifest["annotations"] = {"org.opencontainers.image.ref.name": version.split()[-1]}
pathlib.Path(image, "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [manifest]}, sort_keys=True))
pathlib.Path(image, "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
print(manifest["digest"])
PYTHON
tar --create --sort=name --mtime="@$epoch" --owner=0 --group=0 --numeric-owner --directory "$work/image" \
  blobs index.json oci-layout >"$output.part"
mv "$output.part" "$output"
ls -l "$output"
