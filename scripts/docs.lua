-- docs.lua pages: writes what is made from the schema and the C comments into doc/reference/ and library/.
-- docs.lua sources DIRECTORY: writes what LDoc reads.
package.path = package.path .. ";./scripts/?.lua"

local editor = require "docs_editor"
local ldoc = require "docs_ldoc"
local library = require "docs_library"
local modules = require "docs_modules"
local schema = require "docs_schema"

local docs = {}

---Every generated file of the tree, by its path.
---@return table<string, string>
function docs.pages()
  local pages = {
    ["doc/reference/records.md"] = schema.records "en",
    ["doc/reference/records.zh-CN.md"] = schema.records "zh",
    ["doc/reference/codes.md"] = schema.codes "en",
    ["doc/reference/codes.zh-CN.md"] = schema.codes "zh",
    ["library/imr/records.lua"] = editor.records(),
    ["library/imr/listings.lua"] = editor.listings(),
  }
  for _, module in ipairs(modules) do
    if module.c then pages["library/" .. module.name:gsub("%.", "/") .. ".lua"] = library.of(module) end
  end
  return pages
end

local function write(path, text)
  local file = assert(io.open(path, "w"))
  assert(file:write(text))
  assert(file:close())
end

local function write_sources(directory)
  for _, module in ipairs(modules) do
    local path = directory .. "/" .. module.name
    if module.c then
      write(path .. ".c", ldoc.c_module(module))
    else
      write(path .. ".lua", ldoc.lua_module(module))
    end
  end
end

local wanted = arg and arg[0] and arg[0]:match "docs%.lua$" and arg[1]
if wanted == "pages" then
  for path, text in pairs(docs.pages()) do write(path, text) end
elseif wanted == "sources" then
  write_sources(assert(arg[2], "docs.lua sources DIRECTORY"))
elseif wanted then
  error("docs.lua takes pages or sources, not " .. wanted, 0)
end

return docs
