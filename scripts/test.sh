#!/bin/sh
# test.sh "LUA..." [SPEC...]: runs the specs under each interpreter. The last line adds all runs up.
#
# Of the whole suite, two directories of spec/ run side by side where there are two processors, since most specs wait most of the
# time; JOBS says another number.
set -u

luas=$1
shift
counts=$(mktemp)
trap 'rm -f "$counts"' EXIT

# Those that take longest first, and what looks at the clock beside what mostly waits.
directories() {
  (printf 'spec/%s\n' nginx http store && find spec -name '*_spec.lua' | cut -d/ -f1,2 | sort) | awk '!seen[$0]++'
}

# What a part prints comes when it is done, in one piece.
in_parts() {
  directories | xargs -P "${JOBS:-2}" -I{} sh -c '
    text=$(scripts/test_part.sh "$1" "$2" "$3" 2>&1) || echo "0 1 0" >>"$2"
    printf "%s: %s\n" "$3" "$text"' part "$1" "$counts" {}
}

one_by_one() {
  [ "${JOBS:-$(nproc 2>/dev/null || echo 1)}" -lt 2 ]
}

for lua in $luas; do
  echo "== $lua"
  if [ "${*:-spec}" != spec ] || one_by_one; then
    scripts/test_part.sh "$lua" "$counts" "${@:-spec}" || echo "0 1 0" >>"$counts"
  else
    in_parts "$lua" || echo "0 1 0" >>"$counts"
  fi
done

awk '
  { passed += $1; failed += $2; skipped += $3 }
  END {
    printf "%d passed, %d failed%s\n", passed, failed, skipped ? ", " skipped " skipped" : ""
    exit failed > 0 || NR == 0
  }' "$counts"
