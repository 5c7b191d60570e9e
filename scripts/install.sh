#!/bin/sh
# install.sh BUILD LUA PREFIX DESTDIR: copies the Lua files, the libraries, bin/imr, and the types for editors.
set -eu

build=$1 lua=$2 prefix=$3 destdir=$4

case $lua in
  lua5.4 | lua5.3) abi=${lua#lua} ;;
  lua5.1 | luajit) abi=5.1 ;;
  *) echo "LUA is '$lua'; it must be lua5.4, lua5.3, luajit or lua5.1" >&2 && exit 2 ;;
esac
case $prefix in
  /*) ;;
  *) [ -n "$destdir" ] && prefix=/$prefix || prefix=$PWD/$prefix ;;
esac

share=$prefix/share/lua/$abi
lib=$prefix/lib/lua/$abi

copy_lua() {
  (cd "$1" && find . -name '*.lua') | while read -r file; do
    install -D -m 644 "$1/$file" "$destdir$2/$file"
  done
}
copy_lua lua "$share"
copy_lua library "$prefix/share/imr/library"
for module in core curl os xlsx; do
  [ $module != xlsx ] || [ -e "$build/lua$abi/imr/xlsx.so" ] || continue # made where libxlsxwriter's headers are
  install -D -m 755 "$build/lua$abi/imr/$module.so" "$destdir$lib/imr/$module.so"
done

# The program finds what lies beside it; only the interpreter has to be named.
program=$(mktemp)
trap 'rm -f "$program"' EXIT
sed "1s|.*|#!/usr/bin/env $lua|" bin/imr >"$program"
install -D -m 755 "$program" "$destdir$prefix/bin/imr"
echo "imr for $lua is in $destdir$prefix"
