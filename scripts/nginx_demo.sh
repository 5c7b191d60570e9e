#!/bin/sh
# nginx_demo.sh LUA: runs examples/openresty against a simulated platform, until Ctrl-C.
set -eu

lua=$1
root=$(cd "$(dirname "$0")/.." && pwd)
build=${IMR_BUILD:-$root/build}
run=$build/nginx-demo
mkdir -p "$run"
rm -f "$run/error.log" "$run/nginx.pid"

simulator="" server=""
stop() {
  trap - EXIT INT TERM
  [ -z "$server" ] || kill "$server" 2>/dev/null || true
  [ -z "$simulator" ] || kill "$simulator" 2>/dev/null || true
  wait
}
trap 'stop; exit 0' INT TERM
trap stop EXIT

cd "$root"
: >"$run/simulator.out"
"$lua" bin/imr simulate --port 0 --meters 40 --days 20 >"$run/simulator.out" &
simulator=$!
until grep -q '^listening on' "$run/simulator.out"; do
  kill -0 $simulator 2>/dev/null || { echo "the simulator did not start" >&2; exit 1; }
  sleep 0.1
done

IMR_BASE_URL=$(sed -n 's/^listening on //p' "$run/simulator.out")
IMR_USERNAME=demo IMR_PASSWORD=demo-secret
IMR_ACCESS_TOKEN=${IMR_ACCESS_TOKEN:-$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')}
export IMR_BASE_URL IMR_USERNAME IMR_PASSWORD IMR_ACCESS_TOKEN

# OpenResty has Lua built in; a distribution's nginx loads it.
modules=""
for module in ndk_http_module ngx_http_lua_module; do
  file=/usr/lib/nginx/modules/$module.so
  [ ! -e $file ] || modules="$modules load_module $file;"
done

configuration=examples/openresty/nginx.conf
if [ "$build" != "$root/build" ]; then
  sed "s|build/nginx-demo|$run|; s|[$]prefix/build|$build|" $configuration >"$run/nginx.conf"
  configuration=$run/nginx.conf
fi
PATH=$PATH:/usr/sbin # which Debian leaves out for users
nginx=$(command -v openresty || command -v nginx)
"$nginx" -p "$root/" -c "$configuration" -e "$run/error.log" -g "$modules" &
server=$!
until [ -s "$run/nginx.pid" ]; do
  kill -0 $server 2>/dev/null || { cat "$run/error.log" >&2; exit 1; }
  sleep 0.1
done

cat <<END
Simulated platform: $IMR_BASE_URL
Open http://127.0.0.1:8080/ and give it this access token:

    $IMR_ACCESS_TOKEN

Or:
    curl -H 'Authorization: Bearer $IMR_ACCESS_TOKEN' http://127.0.0.1:8080/meters
    curl -H 'Authorization: Bearer $IMR_ACCESS_TOKEN' http://127.0.0.1:8080/metrics
    The other locations: examples/openresty/README.md. The log: $run/error.log. Ctrl-C ends it.
END
wait $server
