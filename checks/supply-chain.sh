#!/usr/bin/env bash
# What crossloom is made of: supply-chain.sh [SBOM]. Licences, sources and versions of every crate, by deny.toml; known
# vulnerabilities, where their database can be had; and with a file's name, for a release, a list of all parts (CycloneDX,
# JSON) there, which wants that database.
# Wants cargo-deny, and for the list cargo-cyclonedx: `cargo install --locked cargo-deny cargo-cyclonedx`.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! cargo deny --version >/dev/null 2>&1; then
  echo 'error: there is no cargo-deny' >&2
  echo 'hint: cargo install --locked cargo-deny' >&2
  exit 2
fi
cargo deny --offline --locked check licenses bans sources
# The database is a git repository that not every machine can reach.
if cargo deny fetch db >/dev/null 2>&1; then
  cargo deny --locked check advisories
elif [ $# -gt 0 ]; then
  echo 'error: known vulnerabilities of crates were not looked for: their database cannot be fetched from here' >&2
  exit 1
else
  echo 'SKIPPED: known vulnerabilities of crates: their database cannot be fetched from here'
fi
if [ $# -gt 0 ]; then
  cargo cyclonedx --manifest-path generator/Cargo.toml --format json --override-filename sbom
  mv generator/sbom.json "$1"
fi
