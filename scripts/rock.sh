#!/bin/sh
# rock.sh LUA: makes the rock for 5.1, 5.3, 5.4 or luajit, packs it, installs the packed one elsewhere, and reads a
# listing over HTTP with that. Works on a copy of the tree and leaves nothing behind.
set -eu

lua=$1
case $lua in
  5.1 | 5.3 | 5.4) version=$lua interpreter=lua$lua ;;
  luajit) version=5.1 interpreter=luajit ;;
  *) echo "rock.sh: '$lua' is none of 5.1, 5.3, 5.4, luajit" >&2 && exit 2 ;;
esac

root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
simulator=""
trap '[ -z "$simulator" ] || kill "$simulator"; rm -rf "$work"' EXIT
mkdir "$work/src"
cd "$root"
cp -r bin csrc doc examples library lua scripts imr-scm-1.rockspec imr-xlsx-scm-1.rockspec "$work/src"

# Sees nothing of the tree, nor settings of a make above; without optimisation, since it is the packaging that is tested.
rocks() {
  env -i PATH="$PATH" HOME="$work" LUAROCKS_CONFIG="$work/src/scripts/luarocks-offline.lua" \
    luarocks --lua-version="$version" "$@" >"$work/log" 2>&1 || { cat "$work/log" >&2 && exit 1; }
}
cd "$work/src"
rocks --tree="$work/made" make imr-scm-1.rockspec CFLAGS='-O0 -fPIC'
rocks --tree="$work/made" pack imr
if pkg-config --exists xlsxwriter; then
  rocks --tree="$work/made" make imr-xlsx-scm-1.rockspec CFLAGS='-O0 -fPIC'
fi
rocks --tree="$work/installed" install imr-scm-1.*.rock

# The interpreter, with what is below one of the two trees and nothing of the sources.
run_from() {
  share=$1/share/lua/$version lib=$1/lib/lua/$version
  shift
  (cd "$work" && env -i PATH="$PATH" HOME="$work" LUA_PATH="$share/?.lua;$share/?/init.lua;;" LUA_CPATH="$lib/?.so;;" \
    "$interpreter" "$@")
}
run_from "$work/made" -e 'require "imr.curl"; require "imr.os"; assert(require("imr").new)'

# The program finds its modules without help.
program="$work/installed/bin/imr"
(cd / && env -i PATH="$PATH" HOME="$work" "$program" version) >/dev/null
for file in doc/guide/pacing.md examples/tou_bill.lua library/imr/core.lua; do
  test -s "$work/installed/lib/luarocks/rocks-$version/imr/scm-1/$file"
done

cd "$work"
: >said
env -i PATH="$PATH" HOME="$work" "$program" simulate --port 0 --meters 3 --exit-after 300 >"$work/said" 2>&1 </dev/null &
simulator=$!
until url=$(sed -n 's/^listening on //p' "$work/said") && [ -n "$url" ]; do
  kill -0 "$simulator" 2>/dev/null || { cat "$work/said" >&2 && exit 1; }
  sleep 0.1
done
run_from "$work/installed" - "$url" <<'END'
  local imr = require "imr"
  local client = imr.new { base_url = arg[1], username = "demo", password = "demo-secret" }
  assert(#assert(client:meters():collect()) == 3)
  print(("imr %s in %s: a listing read"):format(imr._VERSION, jit and jit.version or _VERSION))
END
