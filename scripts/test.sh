#!/bin/sh
# test.sh "LUA..." [OPTION...] [SPEC...]: runs each spec file under each interpreter, in a process of its own. Options go
# to busted. The last line adds all up.
#
# Most specs wait most of the time, so three run side by side for each processor; JOBS says another number.
set -u

luas=$1
shift
excluded='^$' options="" specs=""
for word; do
  case $word in
    --exclude-pattern=*) excluded="$excluded|${word#*=}" ;;
    --*) options="$options $word" ;;
    *) specs="$specs $word" ;;
  esac
done
jobs=${JOBS:-$((3 * $(nproc 2>/dev/null || echo 1)))}
work=$(mktemp -d)
trap 'exec 3>&-; wait; rm -rf "$work"' EXIT

# The directories whose files take longest come first, so that nothing long is left for the end.
queue() {
  # shellcheck disable=SC2086
  find ${specs:-spec} -name '*_spec.lua' | grep -vE "$excluded" | sort |
    awk '{ print ($0 ~ "spec/(nginx|store|workflow)/" ? 1 : $0 ~ "spec/(http|cli|unit)/" ? 2 : 3), $0 }' |
    sort -sn | cut -d' ' -f2- |
    while read -r file; do
      for lua in $luas; do echo "$lua $file"; done
    done
}

: >"$work/counts"
queue >"$work/queue"

# The keeper ends with its input, which is open as long as this script runs.
if cut -d' ' -f2 "$work/queue" | xargs -r grep -qE "support.(postgres|databases)"; then
  mkfifo "$work/keeper"
  scripts/run.sh "${luas%% *}" spec/support/postgres_keeper.lua "$work/postgres" <"$work/keeper" &
  exec 3>"$work/keeper"
  export IMR_TEST_POSTGRES="$work/postgres"
fi
xargs -r -P "$jobs" -L 1 scripts/test_part.sh "$work/counts" "$options" <"$work/queue" 3>&-

# A part that left no line did not end by itself.
awk '
  FILENAME == ARGV[1] { parts++; next }
  { passed += $1; failed += $2; skipped += $3; done++ }
  $2 > 0 { print "failed: " $4 " " $5 }
  END {
    failed += parts - done
    printf "%d passed, %d failed%s\n", passed, failed, skipped ? ", " skipped " skipped" : ""
    exit failed > 0 || passed == 0
  }' "$work/queue" "$work/counts"
