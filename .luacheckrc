-- "max" knows the globals of 5.1, 5.2, 5.3, 5.4 and LuaJIT: the code looks before it uses one.
std = "max"
max_line_length = 120
self = false
max_cyclomatic_complexity = 15

exclude_files = { "build/", "lua_modules/", ".luarocks/" }

-- The runtime is found at call time, so `ngx` is read and never defined.
read_globals = { "ngx" }

files["spec"] = {
  std = "max+busted",
  max_cyclomatic_complexity = false,
}
files["examples/openresty"] = { globals = { "ngx" } } -- handlers set headers
files["bench/rivals/wrk.lua"] = { globals = { "wrk" } }
files["library"] = { ignore = { "212", "241", "631" } } -- made from comments: functions without a body
files["bin/imr"] = { std = "max" }
files[".busted"] = { std = "max" }
files["scripts/luarocks-offline.lua"] = { globals = { "rocks_provided", "external_deps_subdirs" } }
