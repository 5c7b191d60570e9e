#!/bin/sh
# test_part.sh LUA COUNTS [SPEC...]: runs specs in one process, and adds a line "passed failed skipped" to the file COUNTS.
set -u

lua=$1 counts=$2
shift 2
own=$(mktemp)
trap 'rm -f "$own"' EXIT

IMR_TEST_COUNTS=$own busted --lua="$lua" --output=scripts/busted_counts.lua "$@" </dev/null
status=$?
# A crash leaves no counts; a run without any test proves nothing. Both count as a failure.
if ! read -r p f s <"$own" || [ $((p + f + s)) = 0 ]; then
  echo "$lua: the run did not finish (status $status)"
  p=0 f=1 s=0
elif [ $status != 0 ] && [ "$f" = 0 ]; then
  echo "$lua: busted ended with status $status"
  f=1
fi
echo "$p $f $s" >>"$counts"
