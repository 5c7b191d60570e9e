-- A client whose listings a spec writes itself: pages of rows, reports and errors.
local errors = require "imr.errors"

local sync_client = {}

local function cursor_of(answer)
  local rows = 0
  for _, page in ipairs(answer.pages) do rows = rows + #page end
  local report = { rows = rows, pages = #answer.pages, claimed_total = answer.total or rows, duplicates = 0,
    drifted = answer.drifted or false, complete = answer.complete ~= false, requests = #answer.pages, waited = 0 }
  local number = 0
  return { report = report, pages = function()
    return function()
      number = number + 1
      if number == answer.fails then error(errors.new(answer.error), 0) end
      return answer.pages[number]
    end
  end }
end

local function copy(any)
  if type(any) ~= "table" then return any end
  local to = {}
  for name, value in pairs(any) do to[name] = copy(value) end
  return to
end

--- `answers`: by listing a page-less list of rows, { pages = ... }, or function(parameters) that gives either.
--- What was asked for is kept in `client.asked[name]`.
function sync_client.new(answers)
  local client = { asked = {} }
  for _, name in ipairs { "meters", "latest_readings", "readings", "consumption", "tou_readings", "camera_readings" } do
    client.asked[name] = {}
    client[name] = function(_, parameters)
      table.insert(client.asked[name], parameters)
      local answer = answers[name] or {}
      if type(answer) == "function" then answer = answer(parameters) end
      if not answer.pages then answer = { pages = #answer > 0 and { answer } or {} } end
      return cursor_of(copy(answer))
    end
  end
  return client
end

return sync_client
