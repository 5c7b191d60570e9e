#!/bin/sh
# docs.sh LUA: makes doc/reference and library/ anew, and the HTML reference in build/docs/html.
set -eu

lua=$1
cd "$(dirname "$0")/.."
rm -rf build/docs
mkdir -p build/docs/src doc/reference library/imr
scripts/run.sh "$lua" scripts/docs.lua pages
scripts/run.sh "$lua" scripts/docs.lua sources build/docs/src
ldoc --quiet --testing --fatalwarnings .
echo "build/docs/html/index.html"
