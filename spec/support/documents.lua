-- Markdown documents: their headings, code and links, and their Lua code run on the virtual clock.
local copy = require "imr.base.copy"
local process = require "support.process"
local shell = require "support.shell"

local documents = {}

documents.guides = { "getting-started", "pacing", "openresty", "billing", "bill", "supply", "language", "testing",
  "extending" }

--- What a page consists of, apart from its prose.
---@param text string
---@return table page headings (levels), code ({ language, text } each), identifiers (a set), links, tables (their bars)
function documents.parse(text)
  local page = { headings = {}, code = {}, identifiers = {}, links = {}, tables = {} }
  local prose = text:gsub("\n```(%w*)\n(.-)\n```", function(language, code)
    table.insert(page.code, { language = language, text = code })
    return "\n"
  end)
  for line in (prose .. "\n"):gmatch "([^\n]*)\n" do
    local marks = line:match "^(#+) "
    if marks then table.insert(page.headings, #marks) end
    if line:find "^|" then table.insert(page.tables, select(2, line:gsub("|", "|"))) end
  end
  -- A code span may go on in the next line.
  for code in prose:gmatch "`([^`]+)`" do page.identifiers[code:gsub("%s+", " ")] = true end
  for target in prose:gmatch "%]%(([^)%s]+)%)" do table.insert(page.links, target) end
  return page
end

--- The same page in Chinese.
function documents.chinese(path)
  return (path:gsub("%.md$", ".zh-CN.md"))
end

-- Every client of the code is one of a simulated platform, on a clock that passes when everybody waits.
local PRELUDE = [[
local testing = require "imr.testing"
local imr = require "imr"
local world = testing.new { meters = 12, days = 40, offline = 0, today = "2025-07-09" }
local new = imr.new
imr.new = function(options)
  if not options.transport then
    options.transport, options.runtime = world:transport(), world.runtime
    options.base_url = "http://simulator.invalid"
    options.username, options.password = world.platform.settings.account, world.platform.settings.password
  else
    options.runtime = options.runtime or world.runtime
  end
  return new(options)
end
os.time = function() return 1752000000 + math.floor(world:now()) end
world:run(function()
]]

--- Runs Lua code against a simulated platform of 12 meters on the virtual clock of 2025-07-09, in a home of its own.
---@param code string
---@param environment? table<string, string>
---@return boolean ok
---@return string output
function documents.run_code(code, environment)
  local home = shell.scratch()
  local settings = copy({ HOME = home, XDG_STATE_HOME = home .. "/state", IMR_DB = home .. "/imr.db",
    IMR_LEDGER = home .. "/supply.db" }, environment)
  local ok, output = process.lua(PRELUDE .. code .. "\nend)", { env = settings })
  shell.must("rm -rf " .. shell.quote(home))
  return ok, output
end

-- The world's clock begins at night in the platform's zone; readers are awake by day, when supply may be cut.
local DAYTIME = "world:sleep(8 * 3600) "

--- Runs all Lua code of a page, one block behind the other.
---@param page table
---@return boolean ok
---@return string output
function documents.run(page)
  local blocks = {}
  for _, code in ipairs(page.code) do
    if code.language == "lua" then blocks[#blocks + 1] = code.text end
  end
  local code = DAYTIME .. table.concat(blocks, "\n") .. '\nio.write("ran to its end\\n")'
  local ok, output = documents.run_code(code)
  return ok and output:find("ran to its end\n", 1, true) ~= nil, output
end

return documents
