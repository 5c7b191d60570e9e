-- LUAROCKS_CONFIG for an installation without the LuaRocks server: lua-cjson is the distribution's package,
-- and libcurl is where Debian's multiarch layout puts it.
rocks_provided = { ["lua-cjson"] = "2.1.0-1" }

external_deps_subdirs = {
  bin = { "bin" },
  include = { "include", "include/x86_64-linux-gnu", "include/aarch64-linux-gnu" },
  lib = { "lib", "lib64", "lib/x86_64-linux-gnu", "lib/aarch64-linux-gnu" },
}
