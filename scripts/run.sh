#!/bin/sh
# run.sh LUA FILE [ARGUMENT...]: runs a Lua file on this source tree and what was built from it.
set -eu

lua=$1
shift
root=$(cd "$(dirname "$0")/.." && pwd)
abi=$("$lua" -e 'io.write(_VERSION:match("%d.%d"))')
suffix=$(echo "$abi" | tr . _)

path="$root/lua/?.lua;$root/lua/?/init.lua;;"
cpath="${IMR_BUILD:-$root/build}/lua$abi/?.so;;"
# Lua 5.4 reads the name with the version first; 5.1 and LuaJIT know only the plain one.
exec env LUA_PATH="$path" LUA_CPATH="$cpath" "LUA_PATH_$suffix=$path" "LUA_CPATH_$suffix=$cpath" "$lua" "$@"
