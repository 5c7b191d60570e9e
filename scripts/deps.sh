#!/bin/sh
# Installs what is missing for the groups named: build, run, test, nginx, lint, docs, valgrind, fuzz, bench.
# Where nothing is missing it does nothing and needs no root.
set -eu
export LC_ALL=C # apt's own words are looked for below

has() { command -v "$1" >/dev/null 2>&1; }
pc() { has pkg-config && pkg-config --exists "$1"; }
loads() { has "$1" && "$1" -e "require '$2'" >/dev/null 2>&1; }
compiles() { has cc && echo '#include <stdlib.h>' | cc -x c -fsyntax-only - 2>/dev/null; }
# One rock is built and installed for 5.3 too.
builds_for_5_3() { has lua5.3 && pc lua5.3; }
here() { "$(dirname "$0")/has.sh" "$1"; }
runs_busted() { has busted && in_both busted.runner; }
in_both() { loads lua5.4 "$1" && loads lua5.1 "$1"; }
# The number that lua/imr/cli/init.lua asks for.
argparse_0_7() {
  for lua in lua5.4 lua5.1; do
    "$lua" -e 'local a, b = require("argparse").version:match "(%d+)%.(%d+)"; assert(a * 100 + b >= 7)' 2>/dev/null || return
  done
}

# Lines "need:PACKAGES:CHECK".
missing=""
# need PACKAGES CHECK...: PACKAGES are wanted unless CHECK succeeds. "a|b" means a, or b where there is no a.
need() { miss need "$@"; }
# wish PACKAGES CHECK...: the same, but where they cannot be had only the specs that need them are left out.
wish() { miss wish "$@"; }
miss() {
  kind=$1 packages=$2
  shift 2
  "$@" || missing="$missing$kind:$packages:$*
"
}

need_build() {
  need "gcc libc6-dev" compiles
  need make has make
  need pkg-config has pkg-config
  need liblua5.4-dev pc lua5.4
  need liblua5.1-0-dev pc lua5.1
  need libcurl4-openssl-dev pc libcurl
  wish "libxlsxwriter-dev libminizip-dev libssl-dev" pc xlsxwriter # Debian 13's does not bring what its .pc asks for
}

need_run() {
  need lua5.4 has lua5.4
  need lua5.1 has lua5.1
  need lua-cjson in_both cjson
  need lua-socket in_both socket
  need lua-argparse argparse_0_7
  need lua-dbi-sqlite3 in_both dbd.sqlite3
  need ca-certificates test -s /etc/ssl/certs/ca-certificates.crt
}

reads_workbooks() { /usr/bin/python3 -c 'import openpyxl' 2>/dev/null; }
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
  need procps has ps
  wish python3-openpyxl reads_workbooks
  wish chromium here chromium
  wish poppler-utils has pdftotext
  wish pgbouncer has pgbouncer
  wish "$nginx" here nginx
}

nginx="nginx libnginx-mod-http-lua"
need_nginx() {
  need "$nginx" here nginx
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

# Calls a function for each line of `missing`, with the variables kind, packages and check.
for_each_missing() {
  while IFS=: read -r kind packages check; do
    [ -z "$kind" ] || "$1"
  done <<END
$missing
END
}

# A name that others only replace has no candidate, and Ubuntu's chromium is a stub that wants a snap.
installable() {
  apt-cache policy "$1" 2>/dev/null | grep -q '^  Candidate: [^(]' && ! apt-cache depends "$1" | grep -q 'Depends: snapd$'
}

# The first of "a|b" that can be installed here.
choice() {
  for name in $(echo "$1" | tr '|' ' '); do
    if installable "$name"; then echo "$name" && return; fi
  done
  return 1
}

leave_out() {
  case $packages in
    chromium) part="Specs in a browser are" ;;
    poppler-utils) part="Specs of printed pages are" ;;
    pgbouncer) part="Specs of a pooler are" ;;
    libxlsxwriter-dev*) part="Workbooks (--format xlsx) are" ;;
    python3-openpyxl) part="Specs of workbooks are" ;;
    *) part="Specs inside nginx are" ;;
  esac
  echo "$part left out: $1"
}

install="" nowhere="" failed=""
choose() {
  chosen=""
  for alternatives in $packages; do
    if name=$(choice "$alternatives"); then
      chosen="$chosen $name"
    elif [ "$kind" = wish ]; then
      leave_out "there is no $alternatives to install here." && return
    else
      nowhere="$nowhere $alternatives"
    fi
  done
  if [ "$kind" = wish ] && [ -z "$may_install" ]; then
    leave_out "to be installed as root: apt-get install$chosen"
  else
    install="$install$chosen"
  fi
}

# shellcheck disable=SC2086
check_again() {
  if $check; then return; fi
  if [ "$kind" = wish ]; then leave_out "$packages did not bring what they need." && return; fi
  echo "$packages: installed, but what it should bring is not there, or too old: $check" >&2
  failed=1
}

first_choices() { echo "$missing" | sed -n 's/^[^:]*:\([^:]*\):.*/\1/p' | sed 's/|[^ ]*//g' | tr '\n' ' '; }

if ! has apt-get; then
  echo "These packages (Debian's names) are missing, and there is no apt-get to install them: $(first_choices)" >&2
  exit 1
fi

as_root="" may_install=1
if [ "$(id -u)" != 0 ]; then
  if has sudo; then as_root=sudo; else may_install=""; fi
fi

# Not for wishes alone: what cannot be had is missing every time.
case $may_install$missing in 1*need:*) $as_root apt-get update -q ;; esac
if [ -z "$may_install" ] && ! apt-cache policy | grep -q '://'; then
  echo "Missing, to be installed as root: apt-get update && apt-get install $(first_choices)" >&2
  exit 1
fi
for_each_missing choose
if [ -n "$nowhere" ]; then
  echo "There is no package for:$nowhere. It takes Debian 12, Ubuntu 24.04 or a later one, on Ubuntu with universe." >&2
  exit 1
fi
[ -n "$install" ] || exit 0
if [ -z "$may_install" ]; then
  echo "Missing, to be installed as root: apt-get install$install" >&2
  exit 1
fi
echo "Installing:$install"
# shellcheck disable=SC2086
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $install </dev/null
for_each_missing check_again
[ -z "$failed" ] || { echo "README.md says under \"Where it runs\" which systems are too old." >&2; exit 1; }
