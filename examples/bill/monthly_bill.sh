#!/bin/sh
# From readings to a bill: reads a month from the platform, says what is missing, bills it, and writes the workbook.
#
#   IMR_BASE_URL=… IMR_USERNAME=… IMR_PASSWORD=… monthly_bill.sh YYYY-MM [TARIFF]
#
# Status: 0 all billed, 5 some lines are held (lines.csv says which and why), else what failed.
set -eu

month=${1:?say which month: monthly_bill.sh YYYY-MM}
tariff=${2:-$(dirname "$0")/tariff.lua}
imr=${IMR:-imr}

# The month that is so many months away from it.
month_at() {
  year=${month%-*} number=${month#*-}
  index=$((year * 12 + ${number#0} - 1 + $1))
  printf '%04d-%02d' $((index / 12)) $((index % 12 + 1))
}

# 5 says that something is missing, which is no reason to stop: such lines are held.
or_incomplete() {
  "$@" || { status=$?; [ "$status" -eq 5 ] || exit "$status"; }
}

$imr bill --check-tariff "$tariff"
# Some days more: the bill begins with the last reading before the month, and what is usual for a meter takes a few.
or_incomplete $imr sync --from "$(month_at -1)-20" --to "$(month_at 1)-05" >sync.jsonl
or_incomplete $imr sync --certificate "$month" --format table
or_incomplete $imr bill "$month" --tariff "$tariff" --output bill.xlsx

# Sums by building, and the lines that somebody has to look at: `imr bill --decisions` bills them.
or_incomplete $imr bill "$month" --by building --format table
$imr bill "$month" --format csv --fields meter_no,user_name,usage,amount,status,why --output lines.csv
