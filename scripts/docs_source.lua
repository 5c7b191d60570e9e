-- Reads doc comments: the LuaCATS ones of Lua files, and the LDoc ones of C files.

local source = {}

---@class docs.Tag
---@field tag "param"|"return"|"field"|"type"|"class"|"alias"
---@field name? string
---@field optional? boolean
---@field type? string
---@field text string

---@class docs.Block
---@field line integer of what stands below the comment
---@field subject string that line
---@field text string[]
---@field tags docs.Tag[]

local function lines_of(path)
  local lines = {}
  for line in io.lines(path) do lines[#lines + 1] = line end
  return lines
end

-- ---------------------------------------------------------------- types

local closing = { ["("] = "%b()", ["{"] = "%b{}", ["<"] = "%b<>", ['"'] = '%b""' }

local union

-- A function's results stand behind a colon, joined by commas; each may be a union.
local function end_of_results(text, at)
  local _
  _, at = union(text, text:find("%S", at) or #text + 1)
  while text:find("^,%s", at) do
    _, at = union(text, text:find("%S", at + 1) or #text + 1)
  end
  return at
end

-- One type goes on over brackets and quotes, up to a blank, a comma or a bar.
local function end_of_member(text, at)
  local is_function = text:find("^fun%(", at)
  while at <= #text and not text:find("^[%s,|]", at) do
    local _, last = text:find("^" .. (closing[text:sub(at, at)] or "."), at)
    at = (last or at) + 1
  end
  local has_results = is_function and text:sub(at - 1, at - 1) == ":"
  return has_results and end_of_results(text, at) or at
end

-- The types that bars join, from a place on, and where they end. A function with results is the last one: a bar behind
-- it is its result's.
function union(text, at)
  local stop = end_of_member(text, at)
  local members = { text:sub(at, stop - 1) }
  while text:sub(stop, stop) == "|" do
    at, stop = stop + 1, end_of_member(text, stop + 1)
    members[#members + 1] = text:sub(at, stop - 1)
  end
  return members, stop
end

---Divides "type the rest".
---@param text string
---@return string type
---@return string rest
---@return string[] members of a union, or the type alone
function source.split_type(text)
  local members, stop = union(text, 1)
  return text:sub(1, stop - 1), (text:sub(stop):gsub("^%s+", "")), members
end

-- ---------------------------------------------------------------- LuaCATS

local readers = {}

local function named(kind)
  return function(text)
    local name, optional, rest = text:match "^([%w_%.]+)(%??)%s+(.*)$"
    if not name then return nil end
    local type_, about = source.split_type(rest)
    return { tag = kind, name = name, optional = optional == "?", type = type_, text = about }
  end
end

readers.param, readers.field = named "param", named "field"

readers["return"] = function(text)
  local type_, about = source.split_type(text)
  return { tag = "return", type = type_, text = about }
end

function readers.type(text)
  local type_, about = source.split_type(text)
  return { tag = "type", type = type_, text = about }
end

function readers.class(text)
  local name, rest = text:match "^([%w_%.]+)%s*(.*)$"
  local parents, about = rest:match "^:%s*(%S+)%s*(.*)$"
  return { tag = "class", name = name, type = parents or "", text = about or rest }
end

function readers.alias(text)
  local name, meaning = text:match "^(%S+)%s+(.*)$"
  return { tag = "alias", name = name, type = meaning, text = "" }
end

-- One line of a comment, without its dashes.
local function take(block, line)
  local kind, rest = line:match "^@(%w+)%s*(.*)$"
  local tag = kind and readers[kind] and readers[kind](rest)
  if tag then
    table.insert(block.tags, tag)
  elseif not kind and #block.tags > 0 then
    local last = block.tags[#block.tags]
    last.text = (last.text .. " " .. line):gsub("%s+", " "):gsub("^ ", "")
  elseif not kind then
    table.insert(block.text, line)
  end
end

---The doc comments of a Lua file, in order.
---@param path string
---@return docs.Block[] blocks
---@return string[] head what the file says about itself
function source.lua_file(path)
  local blocks, head, block = {}, {}, nil
  local lines = lines_of(path)
  lines[#lines + 1] = "" -- below a comment that ends the file
  for number, line in ipairs(lines) do
    local comment = line:match "^%s*%-%-%-(.*)$"
    if comment and number > #head + 1 then
      block = block or { text = {}, tags = {} }
      take(block, comment)
    elseif line:find "^%-%-" and number == #head + 1 then
      head[number] = line:gsub("^%-%-%-? ?", "")
    elseif block then
      block.line, block.subject = number, line
      blocks[#blocks + 1], block = block, nil
    end
  end
  return blocks, head
end

---The name that a block's function or value has in the source, such as "Client:meters".
---@param block docs.Block
---@return string|nil name
---@return boolean is_function
function source.name(block)
  local name = block.subject:match "^%s*function ([%w_%.:]+)%("
  return name or block.subject:match "^([%w_]+%.[%w_]+) = ", name ~= nil
end

---A block's first tag of a kind.
---@param block docs.Block
---@return docs.Tag|nil
function source.find(block, kind)
  for _, tag in ipairs(block.tags) do
    if tag.tag == kind then return tag end
  end
end

-- ---------------------------------------------------------------- C

---The LDoc comments of a C file, in order.
---@param path string
---@return string[] comments without their delimiters
function source.c_file(path)
  local comments = {}
  for comment in table.concat(lines_of(path), "\n"):gmatch "/%*%*%*(.-)%*/" do
    comments[#comments + 1] = comment:gsub("^%s+", ""):gsub("%s+$", "")
  end
  return comments
end

return source
