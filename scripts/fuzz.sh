#!/bin/sh
# fuzz.sh SECONDS [TARGET...]: builds the fuzzer with clang and runs each target that long, from its corpus; JOBS of
# them at a time. What is found lies in build/fuzz/found, and the last lines say how to run it again.
# CPPFLAGS=-DIMR_BUILDER_CALLS=1 fuzzes the way in which records are made under LuaJIT.
set -eu

seconds=$1
shift
cd "$(dirname "$0")/.."
build=${IMR_BUILD:-build}/fuzz
export LUA_PATH_5_4="./lua/?.lua;./lua/?/init.lua;./fuzz/?.lua;;"

build_fuzzer() {
  core=$(ls csrc/*.c | grep -v '^csrc/curl')
  flags="-std=c99 -g -O1 -fno-omit-frame-pointer -fno-sanitize-recover=all -fsanitize=fuzzer,address,undefined ${CPPFLAGS:-}"
  # shellcheck disable=SC2046,SC2086
  "$1" $flags $(pkg-config --cflags lua5.4) -o "$build/fuzzer" $core fuzz/native.c fuzz/harness.c \
    $(pkg-config --libs lua5.4) -lm
}

# Reads the corpus of the tree; what this run adds goes to the build directory.
run_target() {
  target=$1 lines=""
  mkdir -p "$build/corpus/$target"
  case $target in request | slots | token) lines=1 ;; esac
  env IMR_FUZZ="$target" ${lines:+IMR_FUZZ_LINES=1} IMR_FUZZ_DIRECTORY="$scratch" UBSAN_OPTIONS=print_stacktrace=1 \
    "$build/fuzzer" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 -max_len=4096 -detect_leaks=0 \
    -print_final_stats=1 -dict="$build/dictionary" -artifact_prefix="$build/found/$target-" \
    "$build/corpus/$target" "fuzz/corpus/$target" >"$build/$target.log" 2>&1 || touch "$build/$target.failed"
}

report() {
  runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$build/$1.log")
  echo "$1: ${runs:-?} runs"
  [ -e "$build/$1.failed" ] || [ -z "$runs" ] || return 0
  rm -f "$build/$1.failed"
  grep -av '^#' "$build/$1.log" | tail -n 60
  echo "again: scripts/fuzz.sh FILE, with the file that 'Test unit written to' names"
  return 1
}

# One input again.
if [ -f "$seconds" ]; then
  name=$(basename "$seconds")
  scratch=$(mktemp -d)
  IMR_FUZZ=${name%%-*} IMR_FUZZ_DIRECTORY=$scratch exec "$build/fuzzer" "$seconds"
fi

if ! clang=$(scripts/fuzz_clang.sh); then
  echo "fuzzing is left out: there is no clang with libFuzzer (Debian: clang-14 libclang-rt-14-dev)"
  exit 0
fi
mkdir -p "$build/found"
rm -f "$build"/*.failed "$build"/*.log
build_fuzzer "$clang"
scripts/run.sh lua5.4 fuzz/dictionary.lua >"$build/dictionary"

# The targets' files, in memory where that is to be had: their disk blocks would take most of the time.
scratch=$(mktemp -d -p /dev/shm 2>/dev/null || mktemp -d)
trap 'rm -rf "$scratch"' EXIT

[ $# -gt 0 ] || set -- json decode request slots token
# Every JOBS-th target in a lane of its own.
jobs=${JOBS:-$(nproc)}
lane=0
while [ "$lane" -lt "$jobs" ]; do
  (
    number=0
    for target in "$@"; do
      [ $((number % jobs)) != "$lane" ] || run_target "$target"
      number=$((number + 1))
    done
  ) &
  lane=$((lane + 1))
done
wait
failed=""
for target in "$@"; do report "$target" || failed="$failed $target"; done
[ -z "$failed" ] || { echo "fuzzing found something:$failed" >&2; exit 1; }
