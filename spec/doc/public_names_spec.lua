-- Everything that a program can get hold of is documented: the names come from the modules at run time, the comments
-- from where the functions are written.
package.path = package.path .. ";./scripts/?.lua"

local ldoc = require "docs_ldoc"
local library = require "docs_library"
local modules = require "docs_modules"
local source = require "docs_source"

local imr = require "imr"
local shell = require "support.shell"
local testing = require "imr.testing"

-- The doc comment right above a line of a file.
local comments = {}
local function comment_at(path, line)
  if not comments[path] then
    comments[path] = {}
    for _, block in ipairs((source.lua_file(path))) do comments[path][block.line] = block end
  end
  return comments[path][line]
end

local function parameters_of(subject)
  local list = {}
  for name in (subject:match "%((.-)%)" or ""):gmatch "[%w_%.]+" do list[#list + 1] = name end
  return list
end

-- Whether a function ends with a return of something: its last line, or its only one.
local function returns(info)
  local number, text = 0, ""
  for line in io.lines((info.source:gsub("^@", ""))) do
    number = number + 1
    if number == math.max(info.linedefined, info.lastlinedefined - 1) then text = line end
  end
  return text:find "^%s*return%s+%S" ~= nil or text:find "%)%s+return%s+%S" ~= nil
end

-- The client's listings are made of the schema, and so are their comments.
local generated = {}
for _, block in ipairs((source.lua_file "library/imr/listings.lua")) do
  local method = (source.name(block) or ""):match "^Client:(.*)$"
  if method then generated["client:" .. method] = block end
end

-- What the comment of a Lua function lacks, or nil.
local function lack(fn, public_name)
  local info = debug.getinfo(fn, "S")
  local block = comment_at(info.source:gsub("^@", ""), info.linedefined) or generated[public_name]
  if not block then return ("%s:%d has no doc comment"):format(info.short_src, info.linedefined) end
  if #block.text == 0 then return ("%s:%d says nothing"):format(info.short_src, info.linedefined) end
  local told = {}
  for _, tag in ipairs(block.tags) do
    if tag.tag == "param" then told[tag.name] = true end
  end
  for _, name in ipairs(parameters_of(block.subject)) do
    if not told[name] then
      return ("%s:%d does not tell of '%s'"):format(info.short_src, info.linedefined, name)
    end
  end
  if returns(info) and not source.find(block, "return") then
    return ("%s:%d does not tell what it returns"):format(info.short_src, info.linedefined)
  end
end

-- Every name that the reference has, as a program writes it.
local in_reference = {}
for _, module in ipairs(modules) do
  in_reference[module.name] = true -- a page of its own
  local page = module.parts and ldoc.lua_module(module) or ""
  for _, tag in ipairs { "function", "name" } do
    for name in page:gmatch("\n%-%- @" .. tag .. " (%S+)") do in_reference[name] = true end
  end
end

-- What the reference lacks of a name, or nil.
local function lack_of(value, name)
  local is_lua = type(value) == "function" and debug.getinfo(value, "S").what ~= "C"
  return is_lua and lack(value, name) or not in_reference[name] and "is on no page of the reference" or nil
end

---@param names table what a program gets hold of
---@param prefix string what it writes before a name
local function assert_documented(names, prefix)
  local problems, count = {}, 0
  for name, value in pairs(names) do
    if type(name) == "string" and (name == "_VERSION" or not name:find "^_") then
      count = count + 1
      local problem = lack_of(value, prefix .. name)
      if problem then problems[#problems + 1] = prefix .. name .. ": " .. problem end
    end
  end
  table.sort(problems)
  assert.is_true(count > 0, prefix .. " has nothing")
  assert.equal("", table.concat(problems, "\n"))
end

-- The C functions that the sources document, by name.
local function documented_in_c(name)
  local found = {}
  for _, module in ipairs(modules) do
    for _, path in ipairs(module.name == name and module.c or {}) do
      for _, comment in ipairs(source.c_file(path)) do
        local entry = library.read(comment)
        if entry then found[entry.name] = entry end
      end
    end
  end
  return found
end

local function public_class(object)
  local methods = {}
  for name, value in pairs(getmetatable(object).__index) do
    if name ~= "new" then methods[name] = value end -- the module's own maker: imr.new calls it
  end
  return methods
end

describe("every public function is documented", function()
  local client
  setup(function() client = testing.new({ meters = 2 }):client() end)
  teardown(function() client:close() end)

  it("of imr", function() assert_documented(imr, "imr.") end)
  it("of imr.time", function() assert_documented(imr.time, "imr.time.") end)
  it("of imr.store", function() assert_documented(imr.store, "imr.store.") end)
  it("of a client", function() assert_documented(public_class(client), "client:") end)
  it("of a cursor", function() assert_documented(public_class(client:meters()), "cursor:") end)
  it("of imr.testing", function() assert_documented(testing, "testing.") end)
  it("of a world", function() assert_documented(public_class(testing.new()), "world:") end)

  it("and no other is in the reference as one of imr's", function()
    local owners = { ["imr."] = imr, ["imr.time."] = imr.time, ["imr.store."] = imr.store, ["testing."] = testing,
      ["client:"] = public_class(client), ["cursor:"] = public_class(client:meters()) }
    local missing, pages = {}, {}
    for _, module in ipairs(modules) do pages[module.name] = true end
    for name in pairs(in_reference) do
      local owner, key = name:match "^(.*[.:])([%l_]+)$"
      if owners[owner] and not owners[owner][key] and not pages[name] then missing[#missing + 1] = name end
    end
    table.sort(missing)
    assert.same({}, missing)
  end)

  for _, module in ipairs(modules) do
    if module.name:find "^imr%.workflow%." or module.name == "imr.decimal" or module.name == "imr.database" then
      local prefix = module.name:match "[^.]+$" .. "."
      it("of " .. module.name, function() assert_documented(require(module.name), prefix) end)
    end
  end

  it("of a supply ledger", function()
    local directory = shell.scratch()
    local supply = assert(require("imr.workflow.supply").open { client = client, ledger = directory .. "/supply.db" })
    finally(function()
      supply.close()
      shell.must("rm -rf " .. directory)
    end)
    assert_documented(supply, "supply.")
  end)

  it("of a database", function()
    local directory = shell.scratch()
    local db = assert(require("imr.database").open(directory .. "/imr.db"))
    finally(function()
      db:close()
      shell.must("rm -rf " .. directory)
    end)
    assert_documented(public_class(db), "db:")
  end)

  it("of a decimal", function()
    assert_documented(public_class(require("imr.decimal").zero), "number:")
  end)

  -- What a workflow consists of is in its directory, or has a name with an underline; what has neither is for programs.
  it("of every workflow: each has its page", function()
    local listed = {}
    for _, module in ipairs(modules) do listed[module.name] = true end
    for _, path in ipairs(shell.lines "ls lua/imr/workflow/*.lua lua/imr/workflow/*/init.lua") do
      local name = path:match "^lua/imr/workflow/([^/.]+)"
      if not name:find "_" then assert.is_true(listed["imr.workflow." .. name] == true, path .. " has no page") end
    end
  end)

  it("of classes: each says what it is", function()
    local silent = {}
    for _, module in ipairs(modules) do
      for _, part in ipairs(module.parts or {}) do
        for _, block in ipairs((source.lua_file(part.file))) do
          local class = source.find(block, "field") and source.find(block, "class")
          if class and #block.text == 0 then silent[#silent + 1] = class.name end
        end
      end
    end
    assert.same({}, silent)
  end)

  it("of a store, as the class imr.Store", function()
    local told = {}
    for _, block in ipairs((source.lua_file "lua/imr/store/init.lua")) do
      local class = source.find(block, "class")
      for _, tag in ipairs(class and class.name == "imr.Store" and block.tags or {}) do
        if tag.tag == "field" then told[tag.name] = tag.text ~= "" end
      end
    end
    local path = os.tmpname()
    os.remove(path)
    local file_store = getmetatable(imr.store.file { path = path }).__index
    for _, store in ipairs { imr.store.memory(), file_store } do
      for name, value in pairs(store) do
        if type(value) == "function" and not name:find "^_" and name ~= "new" then
          assert.is_true(told[name] == true, "imr.Store does not tell of " .. name)
        end
      end
    end
  end)

  for _, name in ipairs { "imr.core", "imr.curl", "imr.os" } do
    it("of " .. name .. ", in C", function()
      local told = documented_in_c(name)
      for function_name, value in pairs(require(name)) do
        if type(value) == "function" then
          assert.is_truthy(told[function_name], name .. "." .. function_name .. " has no comment in csrc/")
          assert.is_true(#told[function_name].text > 0)
        end
      end
    end)
  end

  it("of a multi, in C", function()
    local told = documented_in_c "imr.curl"
    for name, value in pairs(getmetatable(require("imr.curl").multi()).__index) do
      if type(value) == "function" and not name:find "^_" then assert.is_truthy(told["multi:" .. name], name) end
    end
  end)
end)

describe("the check of public names", function()
  it("finds a function without a comment, and a parameter or a result that no comment tells of", function()
    local path = os.tmpname()
    local file = assert(io.open(path, "w"))
    file:write [[
local m = {}
function m.silent() end
---Says.
---@param a string
function m.half(a, b) return a, b end
---Says.
---@param a string
---@return string
function m.whole(a) return a end
---Says.
function m.giving()
  return 1
end
return m
]]
    file:close()
    local m = dofile(path)
    finally(function() os.remove(path) end)
    assert.matches("has no doc comment", lack(m.silent), 1, true)
    assert.matches("does not tell of 'b'", lack(m.half), 1, true)
    assert.is_nil(lack(m.whole))
    assert.matches("does not tell what it returns", lack(m.giving), 1, true)
  end)

  it("finds what is on no page", function()
    assert.matches("on no page", lack_of({}, "imr.unheard_of"), 1, true)
    assert.matches("on no page", lack_of(imr.schema, "imr.unheard_of"), 1, true)
    assert.is_nil(lack_of(imr.schema, "imr.schema"))
  end)
end)
