-- The pages for readers: what they show runs, both languages show the same, and their links lead somewhere.
local documents = require "support.documents"
local files = require "support.files"
local shell = require "support.shell"
local simulator = require "support.simulator"

local pairs_of_pages = {}
local function add(path) pairs_of_pages[#pairs_of_pages + 1] = { path, documents.chinese(path) } end
for _, path in ipairs { "README.md", "SECURITY.md", "examples/README.md", "examples/openresty/README.md" } do
  add(path)
end
for _, name in ipairs(documents.guides) do add("doc/guide/" .. name .. ".md") end

local function page_of(path)
  return documents.parse(files.read(path))
end

-- Links to the other language's page of the same name are the same link.
local function links_of(page)
  local links = {}
  for index, link in ipairs(page.links) do links[index] = link:gsub("%.zh%-CN", "") end
  table.sort(links)
  return links
end

local function exists(path)
  local file = io.open(path)
  return file ~= nil and file:close()
end

for _, names in ipairs(pairs_of_pages) do
  describe(names[1] .. " and " .. names[2], function()
    local english, chinese
    setup(function() english, chinese = page_of(names[1]), page_of(names[2]) end)

    it("have the same headings", function() assert.same(english.headings, chinese.headings) end)
    it("have the same code", function() assert.same(english.code, chinese.code) end)
    it("have the same tables", function() assert.same(english.tables, chinese.tables) end)
    it("have the same identifiers", function() assert.same(english.identifiers, chinese.identifiers) end)
    it("have the same links", function() assert.same(links_of(english), links_of(chinese)) end)

    it("link to what is there", function()
      for position, page in ipairs { english, chinese } do
        local directory = names[position]:match "^(.*/)" or ""
        for _, link in ipairs(page.links) do
          assert.is_true(link:find "^https?:" ~= nil or exists(directory .. link), names[position] .. ": " .. link)
        end
      end
    end)
  end)
end

describe("all pages", function()
  it("are whole: no merge was left half done", function()
    for _, path in ipairs(shell.lines "find . -name '*.md' -not -path './build/*'") do
      assert.is_nil(("\n" .. files.read(path)):find("\n[<>][<>][<>][<>][<>][<>][<>] "), path)
    end
  end)
end)

describe("the Chinese pages", function()
  it("say which of the pages that they link to are in English", function()
    for _, path in ipairs(shell.lines "find . -name '*.zh-CN.md' -not -path './build/*'") do
      local text, directory = files.read(path), path:match "^(.*/)"
      for target, after in text:gmatch "%]%(([^)%s]+%.md)%)()" do
        local is_english = not target:find "%.zh%-CN%.md$" and not exists(directory .. documents.chinese(target))
        assert.is_true(not is_english or text:find("^（英文）", after) ~= nil, path .. ": " .. target)
      end
    end
  end)
end)

describe("the Lua code", function()
  for _, names in ipairs(pairs_of_pages) do
    local page = page_of(names[1])
    local count = 0
    for _, code in ipairs(page.code) do count = count + (code.language == "lua" and 1 or 0) end
    if count > 0 then
      it("of " .. names[1] .. " runs", function()
        local ok, output = documents.run(page)
        assert.is_true(ok, output)
      end)
    end
  end

  -- Both commands of the guide find a meter to change, so neither waits for a change that cannot come.
  it("of the guide to supply ends with what it promises", function()
    local _, output = documents.run(page_of "doc/guide/supply.md")
    assert.matches("^confirmed\n", output)
    assert.matches("\nconfirmed\t1\n", output, 1, true)
  end)

  it("of a page that is wrong is found out", function()
    local ok, output = documents.run(documents.parse "x\n```lua\nerror 'seen'\n```\n")
    assert.is_false(ok)
    assert.matches("seen", output, 1, true)
  end)
end)

-- What `imr COMMAND --help` says, each asked once.
local helps = {}
local function help_of(command)
  helps[command] = helps[command] or shell.must(simulator.command(command .. " --help"))
  return helps[command]
end

describe("the command lines", function()
  for _, names in ipairs(pairs_of_pages) do
    local lines = {}
    for _, code in ipairs(page_of(names[1]).code) do
      for line in (code.language == "sh" and code.text or ""):gmatch "[^\n]+" do
        if line:find "^imr " then lines[#lines + 1] = line:gsub("%s+#.*$", "") end
      end
    end
    if #lines > 0 then
      it("of " .. names[1] .. " are ones that exist", function()
        for _, line in ipairs(lines) do
          local command = line:match "^imr (supply %l+)" or line:match "^imr (%l+)"
          local help = help_of(command)
          for flag in line:gmatch "%s(%-%-[%l%-]+)" do
            assert.is_true(help:find(flag:gsub("%-", "%%-") .. "[%s%],]") ~= nil, line .. ": no flag " .. flag)
          end
        end
      end)
    end
  end
end)

describe("the README", function()
  it("has an example of twelve lines at most", function()
    for _, code in ipairs(page_of("README.md").code) do
      if code.language == "lua" then
        assert.is_true(select(2, code.text:gsub("\n", "\n")) + 1 <= 12)
        return
      end
    end
    error "there is no example"
  end)

  it("names make targets that exist", function()
    local makefile = files.read "Makefile"
    for target in files.read("README.md"):gmatch "make (%l[%l%-]*)" do
      assert.is_true(makefile:find("\n" .. target .. ":", 1, true) ~= nil or target == "for", target)
    end
  end)
end)
