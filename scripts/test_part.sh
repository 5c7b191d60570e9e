#!/bin/sh
# test_part.sh COUNTS OPTIONS LUA SPEC: runs a spec file in a process of its own, says how it went, and adds a line
# "passed failed skipped LUA SPEC" to the file COUNTS.
set -u

counts=$1 options=$2 lua=$3 spec=$4
own=$(mktemp -d)
trap 'rm -rf "$own"' EXIT
began=$(date +%s)

# One that hangs ends with all that it started, also on Ctrl-C.
# shellcheck disable=SC2086
IMR_TEST_COUNTS=$own/counts timeout 1800 busted --lua="$lua" --output=scripts/busted_counts.lua $options "$spec" \
  </dev/null >"$own/text" 2>&1 &
trap 'kill $!; exit 130' INT TERM
wait $!
status=$?
# A crash leaves no counts.
problem=""
if ! read -r p f s <"$own/counts"; then
  problem=" did not finish (status $status)"
  p=0 f=1 s=0
elif [ $status != 0 ] && [ "$f" = 0 ]; then
  problem=" ended with status $status"
  f=1
fi 2>/dev/null

# Of a part without a failure only what its specs printed themselves, such as why something is left out.
[ "$f" != 0 ] || sed -i -e 's/^[+.]*//' -e '/^$/d' -e '/^[0-9]* success.* seconds$/d' "$own/text"
echo "$lua $spec$problem: $p passed, $f failed, $s skipped, $(($(date +%s) - began)) s" >>"$own/text"
cat "$own/text"
echo "$p $f $s $lua $spec" >>"$counts"
