-- Writes what LDoc reads: for each public module one file, made of the doc comments of its sources.

local source = require "docs_source"

local ldoc = {}

-- LDoc as Debian has it knows no Markdown: what our comments use of it becomes HTML here.
local entities = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ["|"] = "&#124;", ["?"] = "&#63;", [" "] = "&#32;" }
local function html(text)
  return (text:gsub("[&<>]", entities):gsub("`([^`\n]+)`", "<code>%1</code>"))
end

-- LDoc takes a type up to the first blank, divides it at each bar, and takes a question mark for one of its own: those
-- inside a member of a union are hidden from it.
local function plain(type_)
  local _, _, members = source.split_type(type_)
  local out = {}
  for _, member in ipairs(members) do
    local certain = not member:find "^fun%(" and member:match "^(.+)%?$"
    out[#out + 1] = (certain or member):gsub("[&<>|? ]", entities)
    if certain then out[#out + 1] = "nil" end
  end
  return table.concat(out, "|")
end

-- Lines that are further in are code.
local function prose(lines)
  local out, inside = {}, false
  for _, line in ipairs(lines) do
    local is_code = line:find "^  +%S" ~= nil
    if is_code ~= inside then out[#out + 1] = is_code and "<pre>" or "</pre>" end
    out[#out + 1], inside = html(line), is_code
  end
  if inside then out[#out + 1] = "</pre>" end
  return table.concat(out, "\n")
end

local function add_comment(out, text)
  local prefix = "--- "
  for line in (text .. "\n"):gmatch "([^\n]*)\n" do
    out[#out + 1] = (prefix .. line):gsub("%s+$", "")
    prefix = "-- "
  end
end

local function parameter(tag)
  local name = tag.optional and "[opt] " or " "
  return ("@tparam%s%s %s %s"):format(name, plain(tag.type), tag.name, html(tag.text))
end

local function add_function(out, block, name)
  local lines = { prose(block.text), "@function " .. name }
  for _, tag in ipairs(block.tags) do
    if tag.tag == "param" then lines[#lines + 1] = parameter(tag) end
    if tag.tag == "return" then lines[#lines + 1] = ("@treturn %s %s"):format(plain(tag.type), html(tag.text)) end
  end
  add_comment(out, table.concat(lines, "\n"))
  out[#out + 1] = ""
end

-- LDoc has no types of values.
local function add_value(out, block, name)
  local type_ = source.find(block, "type")
  local text = prose(block.text)
  if type_ then text = text .. "\nIt is <code>" .. html(type_.type) .. "</code>." end
  add_comment(out, ("%s\n@class field\n@name %s"):format(text, name))
  out[#out + 1] = ""
end

local function add_class(out, block, class)
  local lines = { prose(block.text) }
  if class.type ~= "" then lines[1] = lines[1] .. "\nIt has the fields of <code>" .. class.type .. "</code> too." end
  lines[#lines + 1] = "@table " .. class.name
  for _, tag in ipairs(block.tags) do
    if tag.tag == "field" then
      local optional = tag.optional and "(optional) " or ""
      lines[#lines + 1] = ("@tfield %s %s %s%s"):format(plain(tag.type), tag.name, optional, html(tag.text))
    end
  end
  add_comment(out, table.concat(lines, "\n"))
  out[#out + 1] = ""
end

-- "Client:meters" is public where "Client" is the file's `of`; readers know it as "client:meters".
local function public_name(block, part)
  local name, is_function = source.name(block)
  local owner, rest = (name or ""):match "^([%w_]+)([%.:].+)$"
  local shown = owner and part.of and part.of[owner]
  return shown and shown .. rest or nil, is_function
end

local function add_blocks(out, part)
  local blocks, head = source.lua_file(part.file)
  for _, block in ipairs(blocks) do
    local name, is_function = public_name(block, part)
    local class = source.find(block, "class")
    if name and #block.text > 0 then (is_function and add_function or add_value)(out, block, name) end
    if class and source.find(block, "field") and #block.text > 0 then add_class(out, block, class) end
  end
  return head
end

---@param module { name: string, parts: { file: string, of: table<string, string>? }[] }
---@return string text a Lua file for LDoc
function ldoc.lua_module(module)
  local out, body = {}, {}
  local head
  for _, part in ipairs(module.parts) do
    local own = add_blocks(body, part)
    head = head or own
  end
  add_comment(out, prose(head) .. "\n@module " .. module.name)
  return table.concat(out, "\n") .. "\n\n" .. table.concat(body, "\n") .. "\n"
end

---@param module { name: string, about: string, c: string[] }
---@return string text a C file for LDoc
function ldoc.c_module(module)
  local out = { ("/*** %s\n@module %s */\n"):format(module.about, module.name) }
  for _, path in ipairs(module.c) do
    for _, comment in ipairs(source.c_file(path)) do out[#out + 1] = ("/*** %s */\n"):format(html(comment)) end
  end
  return table.concat(out, "\n")
end

return ldoc
