#!/bin/sh
# Prints the first clang here that has libFuzzer; fails where there is none.
probe=$(mktemp)
trap 'rm -f "$probe"' EXIT
for clang in clang-14 clang clang-19 clang-18 clang-17 clang-16 clang-15 clang-13; do
  command -v "$clang" >/dev/null || continue
  echo 'int LLVMFuzzerTestOneInput(const char *d, unsigned long n) { return 0 * *d * (int)n; }' |
    "$clang" -fsanitize=fuzzer,address -x c - -o "$probe" 2>/dev/null || continue
  echo "$clang"
  exit 0
done
exit 1
