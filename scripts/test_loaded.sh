#!/bin/sh
# test_loaded.sh LUAS [SPEC...]: runs specs RUNS times (10) beside LOOPS busy loops (4). Shows the runs that failed.
set -u

luas=$1
shift
run=$(mktemp)
busy=""
trap 'kill $busy; rm -f "$run"' EXIT
trap 'exit 130' INT TERM
for _ in $(seq "${LOOPS:-4}"); do
  sh -c 'while :; do :; done' &
  busy="$busy $!"
done

failed=0
for number in $(seq "${RUNS:-10}"); do
  began=$(date +%s)
  scripts/test.sh "$luas" "$@" >"$run" 2>&1 || { failed=1 && cat "$run"; }
  echo "run $number: $(tail -n 1 "$run"), $(($(date +%s) - began)) s"
done
exit $failed
