#!/bin/sh
# install.sh BUILD LUA PREFIX DESTDIR: copies the Lua files, the libraries, bin/imr, its man page, and the types for
# editors. install.sh BUILD LUA PREFIX DESTDIR remove: removes them, and nothing else.
set -eu

build=$1 lua=$2 prefix=$3 destdir=$4 task=${5:-install}

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

remove_lua() {
  (cd "$1" && find . -name '*.lua') | while read -r file; do rm -f "$destdir$2/$file"; done
  [ ! -d "$destdir$2/imr" ] || find "$destdir$2/imr" -depth -type d -exec rmdir {} \; 2>/dev/null || :
}
if [ "$task" = remove ]; then
  remove_lua lua "$share"
  remove_lua library "$prefix/share/imr/library"
  for module in core curl os xlsx; do rm -f "$destdir$lib/imr/$module.so"; done
  rm -f "$destdir$prefix/bin/imr" "$destdir$prefix/share/man/man1/imr.1"
  for left in "$lib/imr" "$prefix/share/imr/library" "$prefix/share/imr"; do
    rmdir "$destdir$left" 2>/dev/null || :
  done
  echo "imr for $lua is gone from $destdir$prefix"
  exit
fi

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

# The manual page is made of the help, which needs argparse.
page=$(mktemp)
trap 'rm -f "$program" "$page"' EXIT
if LUA_PATH='lua/?.lua;lua/?/init.lua;scripts/?.lua;;' LUA_CPATH="$build/lua$abi/?.so;;" \
  "$lua" -e 'io.write(require("man_page").text())' >"$page" 2>/dev/null; then
  install -D -m 644 "$page" "$destdir$prefix/share/man/man1/imr.1"
fi
echo "imr for $lua is in $destdir$prefix"

# Debian's interpreters look there by themselves.
case $prefix in
  /usr | /usr/local) ;;
  *)
    echo "The program finds its modules by itself. Your own scripts need:"
    echo "  export LUA_PATH='$share/?.lua;$share/?/init.lua;;' LUA_CPATH='$lib/?.so;;'"
    ;;
esac
