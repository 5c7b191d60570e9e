-- What cursors have handed out: no row twice, and of a listing that says that it is complete each one.
local verdict = require "verdict"

local rows = {}

local watched = setmetatable({}, { __mode = "k" })

---@param cursor imr.Cursor
---@param platform fuzz.Platform
---@param listing string
function rows.track(cursor, platform, listing)
  watched[cursor] = { platform = platform, listing = listing, seen = {}, count = 0 }
end

local function take(state, row)
  local key = row.meter_no
  if type(key) ~= "string" or state.platform.odd[state.listing] then return end
  if state.seen[key] then verdict.finding("row %s of %s came twice", key, state.listing) end
  state.seen[key], state.count = true, state.count + 1
end

local function check_end(cursor, state)
  if state.ended or state.platform.odd[state.listing] or not cursor.report.complete then return end
  if state.count ~= require("platform").ROWS then
    verdict.finding("%s is complete with %d rows", state.listing, state.count)
  end
end

--- What a call on a cursor has returned.
---@param name "next"|"collect"|"page"|string
---@param results table
function rows.take(cursor, name, results)
  local state = watched[cursor]
  if not state then return end
  local first = results[1]
  if name == "next" then
    if first then take(state, first) elseif results[2] == nil then check_end(cursor, state) end
  elseif name == "page" or name == "collect" then
    for _, row in ipairs(first or results[3] or {}) do take(state, row) end
    if name == "collect" and first then check_end(cursor, state) end
  end
end

--- What a collect() that raised had read is gone with it, and its caller knows.
function rows.forget(cursor) watched[cursor] = nil end

--- At the end of an input: what is not collected is not asked again.
function rows.check()
  for cursor in pairs(watched) do watched[cursor] = nil end
end

return rows
