-- release_rockspec.lua URL: prints the rockspec of this version, made of the one for checkouts. The version is that of
-- lua/imr/version.lua, and the tag is made of it.
local url = arg[1] or error("release_rockspec.lua URL, such as git+https://host/imr.git", 0)

local version = dofile "lua/imr/version.lua"
local handle = assert(io.open "imr-scm-1.rockspec")
local text = handle:read "*a"
handle:close()

local function replace(pattern, replacement)
  local count
  text, count = text:gsub(pattern, (replacement:gsub("%%", "%%%%")))
  assert(count == 1, "imr-scm-1.rockspec has no single " .. pattern)
end

replace('version = "scm%-1"', ('version = "%s-1"'):format(version))
replace("\n%-%- There is no public address.-\nsource = %b{}", ("\nsource = { url = %q, tag = %q }"):format(url,
  "v" .. version))
io.write(text)
