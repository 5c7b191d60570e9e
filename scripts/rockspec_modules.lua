-- Rewrites build.modules in the rockspec from the files that csrc/ and lua/ hold.
package.path = "./scripts/?.lua;" .. package.path
local sources = require "libraries"

local path = arg[1] or "imr-scm-1.rockspec"

local function files(command)
  local pipe = assert(io.popen(command))
  local found = {}
  for line in pipe:lines() do
    found[#found + 1] = line
  end
  pipe:close()
  return found
end

local lines = {}
local function add(line)
  lines[#lines + 1] = line
end

local function add_binary(name, extra)
  add(('    ["imr.%s"] = {'):format(name))
  add("      sources = {")
  for _, file in ipairs(sources(name)) do
    add(("        %q,"):format(file))
  end
  add("      },")
  for _, line in ipairs(extra) do
    add("      " .. line)
  end
  add("    },")
end

add_binary("core", { 'libraries = { "m", "pthread" },', 'incdirs = { "csrc" },' })
add_binary("curl", {
  'libraries = { "curl", "dl", "pthread" },',
  'incdirs = { "csrc", "$(CURL_INCDIR)" },',
  'libdirs = { "$(CURL_LIBDIR)" },',
})
add_binary("os", { 'libraries = { "pthread" },', 'incdirs = { "csrc" },' })
for _, file in ipairs(files("find lua -name '*.lua' | LC_ALL=C sort")) do
  local module = file:gsub("^lua/", ""):gsub("%.lua$", ""):gsub("/init$", ""):gsub("/", ".")
  add(("    [%q] = %q,"):format(module, file))
end

local handle = assert(io.open(path))
local text = handle:read("*a")
handle:close()
local head, tail = text:match("^(.-\n  modules = {\n).-(\n?  },\n  install = .*)$")
assert(head, path .. ": no build.modules to replace")
handle = assert(io.open(path, "w"))
handle:write(head, table.concat(lines, "\n"), "\n", (tail:gsub("^\n", "")))
handle:close()
