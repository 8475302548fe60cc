# shellcheck shell=bash disable=SC2034 # whoever calls it reads `words`

# words STRING: sets the array `words` to its words.
words() {
  words=()
  read -r -d '' -a words <<<"$1" || true
}

