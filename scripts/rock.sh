#!/bin/sh
# rock.sh LUA: makes the rock for 5.1, 5.3, 5.4 or luajit, packs it, installs the packed one elsewhere, and reads a
# listing from a simulated platform with that. Works on a copy of the tree and leaves nothing behind.
set -eu

lua=$1
case $lua in
  5.1 | 5.3 | 5.4) version=$lua interpreter=lua$lua ;;
  luajit) version=5.1 interpreter=luajit ;;
  *) echo "rock.sh: '$lua' is none of 5.1, 5.3, 5.4, luajit" >&2 && exit 2 ;;
esac

root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/src"
cd "$root"
cp -r bin csrc doc examples library lua scripts imr-scm-1.rockspec "$work/src"
cd "$work/src"

export LUAROCKS_CONFIG="$work/src/scripts/luarocks-offline.lua"
luarocks --lua-version="$version" --tree="$work/made" make imr-scm-1.rockspec
luarocks --lua-version="$version" --tree="$work/made" pack imr
luarocks --lua-version="$version" --tree="$work/installed" install imr-scm-1.*.rock

share=$work/installed/share/lua/$version lib=$work/installed/lib/lua/$version
cd "$work"
LUA_PATH="$share/?.lua;$share/?/init.lua;;" LUA_CPATH="$lib/?.so;;" "$interpreter" -e '
  local imr = require "imr"
  require "imr.curl"
  local world = require("imr.testing").new { meters = 3 }
  world:run(function() assert(#assert(world:client():meters():collect()) == 3) end)
  print(("imr %s in %s: %d meters read"):format(imr._VERSION, jit and jit.version or _VERSION, 3))
'
