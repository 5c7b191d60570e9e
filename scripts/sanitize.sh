#!/bin/sh
# sanitize.sh LUAS [SPEC...]: runs specs on a build with the address and the undefined behaviour sanitizer, in a copy of
# the tree. Whatever process of a spec loads our code runs under them, nginx too; leaks count.
set -eu

luas=$1
shift
cd "$(dirname "$0")/.."
work=${IMR_BUILD:-$(pwd)/build}/sanitize
unset IMR_BUILD # the copy has its own
tree=$work/tree
reports=$work/reports
programs=$work/bin

# Without them gcc prints the bare name.
asan=$(gcc -print-file-name=libasan.so)
ubsan=$(gcc -print-file-name=libubsan.so)
if [ "$asan" = libasan.so ] || [ "$ubsan" = libubsan.so ]; then
  echo "the sanitizers are left out: gcc has no libasan or no libubsan here (Debian: libgcc-12-dev)"
  exit 0
fi

# Everything but what was built: a copy keeps its own build/ for the next time.
mkdir -p "$tree" "$programs"
for entry in "$tree"/* "$tree"/.[a-z]*; do
  case $entry in */build) ;; *) rm -rf "$entry" ;; esac
done
for entry in * .[a-z]*; do
  case $entry in build | .git) ;; *) cp -a "$entry" "$tree/" ;; esac
done

flags="-O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined"
make -s -C "$tree" BUILD=build CC=gcc CFLAGS="$flags" -j"$(nproc)" >/dev/null
gcc -shared -fPIC -o "$programs/preload_once.so" spec/support/preload_once.c

# LuaDBI does not free what libpq has for a connection that failed; the C library keeps what it reads in LOCPATH.
printf 'leak:libpq.so\nleak:__argz_add_sep\n' >"$programs/known_leaks"
gcc -shared -fPIC -o "$programs/keep_drivers.so" spec/support/keep_drivers.c

# Reports go to files, since the output of many a child is read by a spec or by nobody. Under Lua leaks count, and none
# of ours is suppressed. Under LuaJIT, nginx included, they do not: its memory is not searched for references, so whatever only
# Lua refers to would look lost. The same code runs under Lua.
wrap() {
  real=$(command -v "$1") || return 0
  leaks=$2
  # bash, since the program should hear the wrapper's name: some start themselves again by it.
  cat >"$programs/$1" <<WRAPPER
#!/usr/bin/env bash
export LD_PRELOAD="$asan $ubsan $programs/keep_drivers.so $programs/preload_once.so\${LD_PRELOAD:+ \$LD_PRELOAD}"
export ASAN_OPTIONS="detect_leaks=$leaks:log_path=$reports/asan:quarantine_size_mb=16:allocator_may_return_null=1"
export LSAN_OPTIONS="suppressions=$programs/known_leaks:print_suppressions=0"
export UBSAN_OPTIONS="log_path=$reports/ubsan:print_stacktrace=1:halt_on_error=1"
exec -a "\$0" $real "\$@"
WRAPPER
  chmod +x "$programs/$1"
}

wrap lua5.4 1
wrap luajit 0
wrap lua5.1 1
wrap nginx 0
wrap openresty 0

rm -rf "$reports"
mkdir -m 777 "$reports"
cd "$tree"
failed=0
# Left out: packaging, which looks for Lua's headers beside the interpreter, here a wrapper; a clock_gettime of a spec's
# own, which the sanitizer's allocator would call and so itself; a spec with a host program of its own; one with an
# allocator of its own; those that measure a process's memory, which is mostly the sanitizer's here; one that looks
# what has the number of a closed stream, which is the wrapper's script here.
PATH=$programs:$PATH scripts/test.sh "$luas" --exclude-pattern=rockspec --exclude-pattern=contributing \
  --filter-out=has.been.up.for.long --filter-out=finds.the.library.still.there \
  --filter-out=loses.no.memory --filter-out=rows.in.little.memory --filter-out=neither.fails.nor.leaks \
  --filter-out=does.not.grow.with.the.requests --filter-out=2.....a.command.finds.nothing.of.ours "$@" || failed=1
for report in "$reports"/*; do
  [ -e "$report" ] || continue
  failed=1
  echo "== $report"
  head -n 60 "$report"
done
exit $failed
