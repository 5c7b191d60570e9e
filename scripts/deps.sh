#!/bin/sh
# Installs what is missing for the groups named: build, run, test, nginx, lint, docs, valgrind, fuzz, bench.
# Where nothing is missing it does nothing and needs no root.
set -eu

has() { command -v "$1" >/dev/null 2>&1; }
pc() { has pkg-config && pkg-config --exists "$1"; }
loads() { has "$1" && "$1" -e "require '$2'" >/dev/null 2>&1; }
compiles() { has cc && echo '#include <stdlib.h>' | cc -x c -fsyntax-only - 2>/dev/null; }
# One rock is built and installed for 5.3 too.
builds_for_5_3() { has lua5.3 && pc lua5.3; }
runs_busted() { has busted && in_both busted.runner; }
in_both() { loads lua5.4 "$1" && loads lua5.1 "$1"; }

missing=""
# need PACKAGES CHECK...: PACKAGES are wanted unless CHECK succeeds. "a|b" means a, or b where there is no a.
need() {
  packages=$1
  shift
  "$@" || missing="$missing $packages"
}

need_build() {
  need "gcc libc6-dev" compiles
  need make has make
  need pkg-config has pkg-config
  need liblua5.4-dev pc lua5.4
  need liblua5.1-0-dev pc lua5.1
  need libcurl4-openssl-dev pc libcurl
}

need_run() {
  need lua5.4 has lua5.4
  need lua5.1 has lua5.1
  need lua-cjson in_both cjson
  need lua-socket in_both socket
  need lua-argparse in_both argparse
  need lua-dbi-sqlite3 in_both dbd.sqlite3
  need ca-certificates test -s /etc/ssl/certs/ca-certificates.crt
}

# Debian keeps the server's programs out of PATH.
has_postgres() { has initdb || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; }

# luajit2 rather than luajit, and never libluajit-5.1-dev: that one removes nginx's Lua module.
need_test() {
  need "luajit2|luajit" has luajit
  need lua-busted runs_busted
  need luarocks has luarocks
  need "lua5.3 liblua5.3-dev" builds_for_5_3
  need openssl has openssl
  need redis-server has redis-server
  need lua-redis loads lua5.1 redis
  need lua-sec in_both ssl
  need lua-dbi-postgresql in_both dbd.postgresql
  need postgresql has_postgres
  need chromium has chromium
  need_nginx
}

# A distribution's nginx loads Lua as a module; OpenResty has it built in.
has_nginx() { has openresty || { has nginx && test -e /usr/lib/nginx/modules/ngx_http_lua_module.so; }; }

need_nginx() {
  need "nginx libnginx-mod-http-lua" has_nginx
}

need_lint() {
  need lua-check has luacheck
  need clang-format has clang-format
  need clang-tidy has clang-tidy
  need cppcheck has cppcheck
}

need_docs() {
  need lua-ldoc has ldoc
}

# What the benchmarks compare with. Node.js is measured where there is one.
need_bench() {
  need wrk has wrk
  need lua-curl loads luajit curl
  need curl has curl
  need python3 has python3
}

need_valgrind() { need valgrind has valgrind; }

has_fuzzer() { "$(dirname "$0")/fuzz_clang.sh" >/dev/null; }

need_fuzz() {
  need "clang-14|clang libclang-rt-14-dev|libclang-rt-dev" has_fuzzer
}

for group in "$@"; do
  case $group in
    build | run | test | nginx | lint | docs | valgrind | fuzz | bench) "need_$group" ;;
    *) echo "deps.sh: unknown group '$group' (build, run, test, nginx, lint, docs, valgrind, fuzz, bench)" >&2 && exit 2 ;;
  esac
done

[ -n "$missing" ] || exit 0
first_choice=$(echo "$missing" | sed 's/|[^ ]*//g')

if ! has apt-get; then
  echo "These packages (Debian's names) are missing, and there is no apt-get to install them:$first_choice" >&2
  exit 1
fi

as_root=""
if [ "$(id -u)" != 0 ]; then
  if ! has sudo; then
    echo "Missing, to be installed as root: apt-get install$first_choice" >&2
    exit 1
  fi
  as_root="sudo"
fi

echo "Installing:$first_choice"
$as_root apt-get update -q
wanted=""
for package in $missing; do
  for name in $(echo "$package" | tr '|' ' '); do
    if apt-cache show "$name" >/dev/null 2>&1; then
      package=$name
      break
    fi
  done
  wanted="$wanted $package"
done
# shellcheck disable=SC2086
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $wanted </dev/null
