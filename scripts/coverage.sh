#!/bin/sh
# coverage.sh LUAS [SPEC...]: which lines of csrc/ and lua/ the specs run, in all processes that they start. Works in a
# copy of the tree; specs that fail because everything is slower here do not stop it.
set -eu

luas=$1
shift
cd "$(dirname "$0")/.."
work=${IMR_BUILD:-$(pwd)/build}/coverage
unset IMR_BUILD # the copy has its own
tree=$work/tree
programs=$work/bin

rm -rf "$work"
mkdir -p "$tree" "$programs" "$work/gcov"
for entry in * .[a-z]*; do
  case $entry in build | .git) ;; *) cp -a "$entry" "$tree/" ;; esac
done
make -s -C "$tree" BUILD=build CC=gcc CFLAGS="-O0 -g --coverage -fprofile-update=atomic" -j"$(nproc)" >"$work/make.log"

for abi in 5.4 5.1; do
  # shellcheck disable=SC2046
  gcc -std=gnu99 -O2 -shared -fPIC $(pkg-config --cflags "lua$abi") -o "$work/line_counter-$abi.so" \
    spec/support/line_counter.c
done
# Compiled code of LuaJIT calls no hook.
hook=$work/hook.lua
cat >"$hook" <<HOOK
if rawget(_G, "jit") then jit.off() end
local path = "$work/line_counter-" .. _VERSION:match("%d%.%d") .. ".so"
assert(package.loadlib(path, "luaopen_line_counter"))("$work/lines")
HOOK

wrap() {
  real=$(command -v "$1") || return 0
  cat >"$programs/$1" <<WRAPPER
#!/bin/sh
export LUA_INIT="@$hook"
exec $real "\$@"
WRAPPER
  chmod +x "$programs/$1"
}
for program in lua5.4 luajit; do wrap $program; done

# nginx does not read LUA_INIT; where a spec has code of its own for that moment, its nginx is not counted.
sed -i "s|^  lua_package_path |  \$counter\n&|
  s|modules = has_modules|counter = (options.http or ''):find('init_by_lua') and '' or 'init_by_lua_file $hook;',\n    &|" \
  "$tree/spec/support/nginx.lua"

: >"$work/lines"
chmod 666 "$work/lines"
cd "$tree"
PATH=$programs:$PATH "$tree/scripts/test.sh" "$luas" --exclude-pattern=rockspec --exclude-pattern=contributing --exclude-pattern=install "$@" || true

# gcov names its listings by the source alone: one directory a build.
for abi in 5.4 5.1; do
  find "build/lua$abi/obj" -name '*.o' -exec gcov --preserve-paths {} + >"$work/gcov-$abi.log" 2>&1
  for file in *.gcov; do mv "$file" "$work/gcov/$abi-$file"; done
done
lua5.4 scripts/coverage_report.lua "$tree" "$work/lines" "$work/gcov"
