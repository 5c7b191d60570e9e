-- Runs spec files inside a worker, with busted's own core: what they assert is what they assert outside.
local inner = {}

local function count(busted, report)
  busted.subscribe({ "test", "end" }, function(_, _, status)
    report[status] = (report[status] or 0) + 1
    return nil, true
  end)
  for _, kind in ipairs { "failure", "error" } do
    busted.subscribe({ kind }, function(element, _, message)
      local text = type(message) == "table" and message.message or message
      table.insert(report.problems, ("%s: %s"):format(tostring(element.name), tostring(text)))
      return nil, true
    end)
  end
end

local function trace(_, _, message)
  return { traceback = debug.traceback("", 3), message = message }
end

local function message_of(_, message)
  return message
end

--- Runs the files.
---@param files string[]
---@return table report { success, failure, error: how many, problems: texts }
function inner.run(files)
  package.loaded.busted = nil -- the last run has put its own there
  local busted = require "busted.core"()
  require "busted"(busted)
  local report = { problems = {} }
  count(busted, report)
  for _, name in ipairs(files) do
    local file = assert(loadfile(name))
    busted.executors.file(name, setmetatable({ getTrace = trace, rewriteMessage = message_of }, { __call = file }))
  end
  require "busted.execute"(busted)(1, {})
  return report
end

return inner
