#!/bin/sh
# has.sh nginx|chromium|workbook: whether the specs that need one can run here.
PATH=$PATH:/usr/sbin # which Debian leaves out for users
case $1 in
  # A distribution's nginx loads Lua as a module; OpenResty has it built in.
  nginx)
    command -v openresty >/dev/null ||
      { command -v nginx >/dev/null && [ -e /usr/lib/nginx/modules/ngx_http_lua_module.so ]; }
    ;;
  # One out of a snap cannot read /tmp.
  chromium) case $(command -v chromium) in "" | /snap/*) exit 1 ;; esac ;;
  # Written by imr.xlsx, read by openpyxl.
  workbook) [ -e "${IMR_BUILD:-build}/lua5.4/imr/xlsx.so" ] && /usr/bin/python3 -c 'import openpyxl' 2>/dev/null ;;
  *) exit 2 ;;
esac
