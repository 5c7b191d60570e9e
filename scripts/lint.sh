#!/bin/sh
# Runs every linter, then fails when one of them did. Compiler warnings are the Makefile's part.
set -u

failed=""
check() {
  name=$1
  shift
  echo "== $name"
  "$@" || failed="$failed $name"
}

# The version that formatted the tree decides; a later one wants other line breaks and has other warnings.
clang_version=14
clang_tool() {
  if command -v "$1-$clang_version" >/dev/null; then echo "$1-$clang_version"; else echo "$1"; fi
}
major() { "$1" --version | sed -n 's/.*version \([0-9]*\)\..*/\1/p' | head -n 1; }

luacheck_all() {
  files=""
  for file in lua spec fuzz examples bench scripts bin/imr .busted .luacheckrc; do
    [ -e "$file" ] && files="$files $file"
  done
  # shellcheck disable=SC2086
  luacheck -q --no-color $files
}

clang_format_all() {
  tool=$(clang_tool clang-format)
  if [ "$(major "$tool")" != $clang_version ]; then
    echo "skipped: this is clang-format $(major "$tool"), the tree is formatted by $clang_version"
    return 0
  fi
  find csrc -name '*.[ch]' -exec "$tool" --dry-run -Werror {} +
}

cppcheck_all() {
  for lua in lua5.4 lua5.1; do
    # shellcheck disable=SC2046
    cppcheck --quiet --std=c99 --language=c --enable=warning,performance,portability --inline-suppr \
      --suppress=missingIncludeSystem --suppress=toomanyconfigs --error-exitcode=1 \
      --suppress=normalCheckLevelMaxBranches --suppress=preprocessorErrorDirective \
      $(pkg-config --cflags-only-I "$lua") -Icsrc --suppress='*:/usr/*' csrc || return 1
  done
}

clang_tidy_all() {
  tool=$(clang_tool clang-tidy)
  fatal=""
  if [ "$(major "$tool")" != $clang_version ]; then
    echo "this is clang-tidy $(major "$tool"), the checks are chosen for $clang_version: its warnings are advice"
    fatal="--warnings-as-errors=-*"
  fi
  # What goes to stderr are counts of warnings from the system's headers.
  # shellcheck disable=SC2046,SC2086
  none=""
  pkg-config --exists xlsxwriter || none="-not -path csrc/xlsx/*"
  find csrc -name '*.c' $none -print0 | xargs -0 -P "$(nproc)" -I '{}' \
    "$tool" --quiet $fatal '{}' -- -Icsrc -std=c99 $(pkg-config --cflags lua5.4 libcurl) 2>/dev/null
}

check luacheck luacheck_all
check clang-format clang_format_all
check cppcheck cppcheck_all
check clang-tidy clang_tidy_all

if [ -n "$failed" ]; then
  echo "lint failed:$failed" >&2
  exit 1
fi
echo "lint passed"
