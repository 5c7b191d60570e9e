#!/bin/sh
# fuzz.sh SECONDS [TARGET...]: builds the fuzzer with clang and runs each target that long, from its corpus; JOBS of
# them at a time. 0 runs the corpus alone, which gives the same verdict each time: what a gate needs. What is found lies
# in build/fuzz/found, and the last lines say how to run it again.
# `fuzz.sh FILE` runs one finding again. As root all of it runs as nobody, in a copy of what it needs: inputs call
# whatever the library has, and what they write stays in a directory that goes at the end.
# CPPFLAGS=-DIMR_BUILDER_CALLS=1 fuzzes the way in which records are made under LuaJIT; IMR_FUZZ_GO_ON=1 prints what
# the targets of the public API find and goes on.
set -eu

seconds=$1
shift
cd "$(dirname "$0")/.."
build=${IMR_BUILD:-build}/fuzz
all="json decode request slots token core api workflow"

build_fuzzer() {
  flags="-std=c99 -g -O1 -fno-omit-frame-pointer -fno-sanitize-recover=all -fsanitize=fuzzer,address,undefined ${CPPFLAGS:-}"
  # shellcheck disable=SC2046,SC2086
  "$1" $flags $(pkg-config --cflags lua5.4 libcurl) -o "$build/fuzzer" -Icsrc $(ls csrc/*/*.c | grep -v ^csrc/xlsx/) fuzz/*.c \
    $(pkg-config --libs lua5.4 libcurl) -lm -ldl -pthread
}

# How to run a command as somebody who may do nothing; as it is for who is no root anyway.
find_nobody() {
  unprivileged=""
  [ "$(id -u)" = 0 ] || return 0
  if command -v setpriv >/dev/null; then
    unprivileged="setpriv --reuid=65534 --regid=65534 --clear-groups --no-new-privs --inh-caps=-all"
  elif command -v runuser >/dev/null; then
    unprivileged="runuser -u nobody --"
  else
    echo "fuzzing as root needs setpriv or runuser (util-linux), to run as nobody" >&2
    exit 1
  fi
}

# The copy in which the fuzzer runs, and the targets' files: in memory where that is to be had, because their disk
# blocks would take most of the time.
make_place() {
  place=$(mktemp -d)
  scratch=$(mktemp -d -p /dev/shm 2>/dev/null || mktemp -d)
  trap 'chmod -R u+rwX "$place" "$scratch"; rm -rf "$place" "$scratch"' EXIT
  mkdir -p "$place/found" "$place/corpus" "$build/found" "$build/corpus"
  cp -R lua fuzz "$place"
  cp "$build/fuzzer" "$place"
  cp -R "$build/corpus/." "$place/corpus"
  [ -z "$unprivileged" ] || chown -R 65534:65534 "$place" "$scratch"
}

# What was found and learned.
take_back() {
  cp -R "$place/found/." "$build/found"
  cp -R "$place/corpus/." "$build/corpus"
}

# run TARGET ARGUMENT...: the fuzzer, in the copy.
run() {
  target=$1 lines="IMR_FUZZ_LINES=1"
  shift
  case $target in json | decode) lines="" ;; esac
  # shellcheck disable=SC2086
  (cd "$place" && exec $unprivileged env $lines IMR_FUZZ="$target" IMR_FUZZ_DIRECTORY="$scratch" HOME="$scratch" \
    XDG_STATE_HOME="$scratch" XDG_CONFIG_HOME="$scratch" TMPDIR="$scratch" UBSAN_OPTIONS=print_stacktrace=1 \
    LUA_PATH_5_4="./lua/?.lua;./lua/?/init.lua;./fuzz/?.lua;;" ./fuzzer -timeout=100 -rss_limit_mb=2048 "$@")
}

# Leaks are looked for at the end of the run: an input leaves its garbage to the next one's collector.
run_target() {
  mkdir -p "$place/corpus/$1"
  [ -z "$unprivileged" ] || chown 65534:65534 "$place/corpus/$1"
  limit="-max_total_time=$seconds"
  [ "$seconds" != 0 ] || limit="-runs=0"
  run "$1" "$limit" -max_len=4096 -detect_leaks=0 -print_final_stats=1 -dict=dictionary \
    -artifact_prefix="found/$1-" "corpus/$1" "fuzz/corpus/$1" >"$build/$1.log" 2>&1 || touch "$build/$1.failed"
}

report() {
  runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$build/$1.log")
  coverage=$(sed -n 's/^#.* cov: \([0-9]*\) ft: \([0-9]*\) .*/\1 edges, \2 features/p' "$build/$1.log" | tail -n 1)
  echo "$1: ${runs:-?} runs, ${coverage:-?}"
  [ -e "$build/$1.failed" ] || [ -z "$runs" ] || return 0
  rm -f "$build/$1.failed"
  grep -av '^#' "$build/$1.log" | tail -n 60
  echo "again: scripts/fuzz.sh $build/found/FILE, as 'Test unit written to' names it"
  return 1
}

find_nobody

# One input again.
if [ -f "$seconds" ]; then
  make_place
  name=$(basename "$seconds")
  cp "$seconds" "$place/$name"
  chmod 644 "$place/$name"
  run "${name%%-*}" "$name"
  exit
fi

if ! clang=$(scripts/fuzz_clang.sh); then
  echo "fuzzing is left out: there is no clang with libFuzzer (Debian: clang-14 libclang-rt-14-dev)"
  exit 0
fi
mkdir -p "$build"
rm -f "$build"/*.failed "$build"/*.log
build_fuzzer "$clang"
make_place
scripts/run.sh lua5.4 fuzz/dictionary.lua >"$place/dictionary"

# shellcheck disable=SC2086
[ $# -gt 0 ] || set -- $all
# Every JOBS-th target in a lane of its own.
jobs=${JOBS:-$(nproc)}
lane=0
while [ "$lane" -lt "$jobs" ]; do
  (
    trap - EXIT
    number=0
    for target in "$@"; do
      [ $((number % jobs)) != "$lane" ] || run_target "$target"
      number=$((number + 1))
    done
  ) &
  lane=$((lane + 1))
done
wait
take_back
failed=""
for target in "$@"; do report "$target" || failed="$failed $target"; done
[ -z "$failed" ] || { echo "fuzzing found something:$failed" >&2; exit 1; }
