#!/usr/bin/env bash
# The files for GitHub and GitLab of every example, against the schemas that SchemaStore publishes for them: surfaces.sh
# What garnix and Hydra read has no published schema: generator/tests/surfaces.rs holds those to their documentation.
set -euo pipefail

validators=${CARGO_TARGET_DIR:-target}/validators
if [ ! -x "$validators/bin/check-jsonschema" ]; then
  python3 -m venv "$validators"
  "$validators/bin/pip" install --quiet --disable-pip-version-check check-jsonschema==0.39.0
fi
"$validators/bin/check-jsonschema" --version
shopt -s nullglob dotglob
github=(examples/*/.github/workflows/crossloom.yml)
gitlab=(examples/*/.gitlab-ci.yml)
if [ "${#github[@]}" = 0 ] || [ "${#gitlab[@]}" = 0 ]; then
  echo "no example has files for GitHub and GitLab" >&2
  exit 1
fi
"$validators/bin/check-jsonschema" --builtin-schema vendor.github-workflows "${github[@]}"
"$validators/bin/check-jsonschema" --builtin-schema vendor.gitlab-ci "${gitlab[@]}"
