#!/bin/bash
# Format, tidy rules and lint: what to run before a commit. tests/run includes the first two.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

usage() {
  cat <<'TEXT'
usage: deploy/check.sh [--fix] [--tidy [PRESET]]

  --fix     formats the C++ files in place
  --tidy    also runs clang-tidy on every source of a configured preset (default dev); slow
TEXT
}

fix=no lint=no preset=dev
while [[ $# -gt 0 ]]; do
  case $1 in
    --fix) fix=yes ;;
    --tidy)
      lint=yes
      if [[ ${2:-} == [a-z]* ]]; then
        preset=$2
        shift
      fi
      ;;
    --help | -h)
      usage
      exit 0
      ;;
    *)
      usage >&2
      exit 2
      ;;
  esac
  shift
done

mapfile -t sources < <(find * \( -name node_modules -o -path build -o -path run \) -prune \
  -o \( -name '*.cpp' -o -name '*.hpp' \) -print | sort)
failed=no

if [[ $fix == yes ]]; then
  clang-format-19 -i "${sources[@]}"
else
  clang-format-19 --dry-run -Werror "${sources[@]}" || failed=yes
fi

python3 tests/tidy/tidy.py || failed=yes

if [[ $lint == yes ]]; then
  if [[ ! -f build/$preset/compile_commands.json ]]; then
    echo "deploy/check.sh: configure first: cmake --preset $preset" >&2
    exit 2
  fi
  compiled=()
  for source in "${sources[@]}"; do
    [[ $source == *.cpp ]] && grep -qF "/$source\"" "build/$preset/compile_commands.json" &&
      compiled+=("$source")
  done
  printf '%s\0' "${compiled[@]}" |
    xargs -0 -P "$(nproc)" -n 1 clang-tidy-19 --quiet -p "build/$preset" || failed=yes
fi

[[ $failed == no ]]
