#!/bin/sh
# valgrind.sh LUAS [SPEC...]: runs specs of the core under valgrind. A bad access is an error; so is memory that is lost
# for good, under Lua 5.4, whose allocator valgrind sees.
set -eu

luas=$1
shift
cd "$(dirname "$0")/.."
work=${IMR_BUILD:-$(pwd)/build}/valgrind
mkdir -p "$work"
if ! command -v valgrind >/dev/null; then
  echo "valgrind is left out: it is not installed"
  exit 0
fi

# LuaJIT writes code as it goes, and has its memory from mmap, where valgrind cannot tell what is lost. Nothing needs a
# suppression.
wrap() {
  real=$(command -v "$1") || return 0
  cat >"$work/$1" <<WRAPPER
#!/bin/sh
exec valgrind -q --error-exitcode=9 --smc-check=all-non-file $2 \\
  --log-file="$work/report-%p" $real "\$@"
WRAPPER
  chmod +x "$work/$1"
}

wrap lua5.4 "--leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite"
wrap luajit "--leak-check=no"
rm -f "$work"/report-*
failed=0
# Left out: packaging, and the spec that tries every allocation, which takes minutes here.
PATH=$work:$PATH scripts/test.sh "$luas" --exclude-pattern=rockspec --exclude-pattern=contributing --exclude-pattern=install --exclude-pattern=alloc \
  "$@" || failed=1
for report in "$work"/report-*; do
  [ -s "$report" ] || continue
  failed=1
  echo "== $report"
  head -n 40 "$report"
done
exit $failed
