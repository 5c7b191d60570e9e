-- What counts as a finding of the targets that call the public API: an error of ours that is not told at the caller's
-- line, an error value that is neither a text nor an error object, a secret in anything that leaves us. A finding is
-- raised past every pcall: see `verdict.finding`.
local errors = require "imr.errors"

local verdict = {
  ---To be found in nothing that leaves us.
  PASSWORD = "s3cr3t!Pa55word",
  TOKEN = "czNjcjN0IVBhNTV3b3JkOnRva2Vu",
}

local KINDS = { string = true, table = true }
local EXECUTED = { no = true, maybe = true, yes = true }

-- What is raised may be caught by the code that is tested: it is kept, and raised again at the end of the input.
local found

--- Notes what was found, the first time, and stops what is running.
function verdict.finding(...)
  found = found or debug.traceback(("finding: " .. (...)):format(select(2, ...)), 2)
  error(found, 0)
end

local told = {}

--- Runs a function that ends with the first finding.
function verdict.run(fn, ...)
  local fine, problem = xpcall(fn, debug.traceback, ...)
  if not fine and not found then error(problem, 0) end
end

--- Raises what was found meanwhile; with IMR_FUZZ_GO_ON=1 in the environment, prints it once and lets the run go on.
function verdict.raise()
  local text = found
  found = nil
  if not text then return end
  if not os.getenv("IMR_FUZZ_GO_ON") then error(text, 0) end
  local line = text:match("^[^\n]*")
  if not told[line] then io.stdout:write(text, "\n"):flush() end
  told[line] = true
end

local function shown(value)
  return type(value) == "string" and ("%q"):format(value:sub(1, 400)) or tostring(value)
end

-- A fault of our own code, be it that it raised or that somebody told of it.
local function is_internal(text)
  return text:find("lua/imr/[%w_/]+%.lua:%d+: attempt to ") or text:find("lua/imr/[%w_/]+%.lua:%d+: bad argument ")
    or text:find("stack overflow", 1, true)
end

--- A text that we gave out.
function verdict.text(text, what)
  for _, secret in ipairs { verdict.PASSWORD, verdict.TOKEN } do
    if text:find(secret, 1, true) then verdict.finding("%s holds a secret: %s", what, shown(text)) end
  end
  if is_internal(text) then verdict.finding("%s tells of a fault in our code: %s", what, shown(text)) end
end

-- With rawget: it may be anybody's table.
local function must_be(err, field, fine, what)
  local value = rawget(err, field)
  if not fine(value) then verdict.finding("%s: an error with %s = %s", what, field, shown(value)) end
end

local function is_text(value) return type(value) == "string" end
local function is_flag(value) return type(value) == "boolean" end
local function is_word(value) return EXECUTED[value] == true end

--- An error object that we gave out.
function verdict.error(err, what)
  must_be(err, "kind", is_text, what)
  must_be(err, "message", is_text, what)
  must_be(err, "retryable", is_flag, what)
  must_be(err, "executed", is_word, what)
  verdict.text(tostring(err), what)
  verdict.text("" .. err, what)
  for _, value in pairs(err) do
    if type(value) == "string" then verdict.text(value, what) end
  end
end

-- At whose line an error is told: that of whoever called, which is one of the fuzzer's files here.
local function is_blamed(text)
  return text:find("^%.?/?fuzz/[%w_]+%.lua:%d+: ") ~= nil
end

-- Ends of a wait that nothing can bring to its end, and of what Lua does not let happen: no fault of ours.
local fair = { "imr: deadlock: ", "this light thread was cancelled", "attempt to yield ", "cannot resume ",
  "a decimal and a string: ", "error in error handling", "C stack overflow" }

local function is_fair(text)
  for _, words in ipairs(fair) do
    if text:find(words, 1, true) then return true end
  end
  return false
end

--- What a call raised; `own` tells what the fuzzer's own functions have raised.
---@param own fun(value: any): boolean
function verdict.raised(value, what, own)
  if found then error(found, 0) end
  if own(value) then return end
  if errors.is(value) then return verdict.error(value, what) end
  if not KINDS[type(value)] or type(value) == "table" and tostring(value) ~= "this light thread was cancelled" then
    verdict.finding("%s raised a %s: %s", what, type(value), shown(value))
  end
  local text = tostring(value)
  verdict.text(text, what)
  if not is_blamed(text) and not is_fair(text) then verdict.finding("%s raised elsewhere: %s", what, shown(text)) end
end

local function judge(value, what)
  if type(value) == "string" then
    verdict.text(value, what)
  elseif errors.is(value) then
    verdict.error(value, what)
  elseif type(value) == "table" then
    for _, entry in next, value do
      if type(entry) == "string" then verdict.text(entry, what) end
    end
  end
end

--- What a call returned: texts and errors, and what tables hold of them at their first level.
function verdict.returned(results, what, own)
  if found then error(found, 0) end
  for index = 1, results.n do
    local value = results[index]
    if not own(value) then judge(value, what) end
  end
end

return verdict
