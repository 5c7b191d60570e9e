#!/bin/sh
# test.sh "LUA..." [SPEC...]: runs the specs under each interpreter. The last line adds all runs up.
set -u

luas=$1
shift
counts=$(mktemp)
trap 'rm -f "$counts"' EXIT
passed=0 failed=0 skipped=0

for lua in $luas; do
  echo "== $lua"
  : >"$counts"
  IMR_TEST_COUNTS=$counts busted --lua="$lua" --output=scripts/busted_counts.lua "${@:-spec}" </dev/null
  status=$?
  # A crash leaves no counts; a run without any test proves nothing. Both count as a failure.
  if ! read -r p f s <"$counts" || [ $((p + f + s)) = 0 ]; then
    echo "$lua: the run did not finish (status $status)"
    p=0 f=1 s=0
  elif [ $status != 0 ] && [ "$f" = 0 ]; then
    echo "$lua: busted ended with status $status"
    f=1
  fi
  passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
done

summary="$passed passed, $failed failed"
[ $skipped = 0 ] || summary="$summary, $skipped skipped"
echo "$summary"
[ $failed = 0 ]
