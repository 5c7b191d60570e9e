-- How a request's parameters are written, and what a response says.

local codec = require "imr.client.codec"
local core = require "imr.core"
local errors = require "imr.errors"
local json = require "imr.base.json"
local retry_after = require "imr.client.retry_after"
local sorted_names = require "imr.base.names"
local number_text = require("imr.base.number").text

local wire = {}

local EXCERPT = 80             -- characters of an answer that is not one
local LONG_WORD = 24 -- letters and digits that may be a token
local LOOKED_AT = 4096         -- bytes that a message is taken from
local LONGEST_SECRET = 1024    -- as an answer may spell it
local SLICE = 8192             -- bytes of a body that are decoded at a stretch: some 0.04 ms

local content_types = { json = "application/json", form = "application/x-www-form-urlencoded" }

local function urlencode(text)
  return (tostring(text):gsub("[^A-Za-z0-9%-._~]", function(byte) return ("%%%02X"):format(byte:byte()) end))
end

local function form_encode(parameters)
  local pairs_of = {}
  for index, name in ipairs(sorted_names(parameters)) do
    pairs_of[index] = urlencode(name) .. "=" .. urlencode(parameters[name])
  end
  return table.concat(pairs_of, "&")
end

---@param parameters table<string, string|integer> the platform's names
---@param encoding "json"|"form"
---@return string body
---@return string content_type
function wire.encode(parameters, encoding)
  local body = encoding == "form" and form_encode(parameters) or json.encode(parameters)
  return body, content_types[encoding]
end

local UNASKED = {
  [204] = "no content", [206] = "a part of the answer only", [304] = "not modified, as a cache says that nobody asked",
}

-- The cut may have gone through a secret: what stands before it goes too.
local function beginning(body, redact)
  local text = redact(core.cut(body:sub(1, LOOKED_AT + 3), LOOKED_AT))
  return #body > LOOKED_AT and core.cut(text, #text - LONGEST_SECRET) or text
end

---A header's text. A transport of the caller's may have numbers, and lists where a header came twice, as nginx does.
---@param headers table<string, any>|nil
---@param name string in lower case
---@return string|nil
function wire.header(headers, name)
  local value = headers and headers[name]
  if type(value) == "table" then value = value[#value] end
  if type(value) == "number" then return number_text(value) end
  return type(value) == "string" and value or nil
end

---What a server said, without secrets and in one line. Secrets go first: cleaning puts something between their letters.
---@return string|nil
function wire.said(text, redact)
  return text and core.clean(beginning(text, redact))
end

-- Where a redirection leads; other answers of that family lead nowhere.
local function target_of(status, headers)
  return status >= 300 and status < 400 and status ~= 304 and wire.header(headers, "location") or nil
end

local function http_message(status, headers, body, redact)
  local target = target_of(status, headers)
  if target then
    return ("HTTP %d redirects to %s: not followed with credentials; set base_url to the right address"):format(
      status, beginning(target, redact))
  end
  local meaning = UNASKED[status]
  return ("HTTP %d%s%s"):format(status, meaning and " (" .. meaning .. ")" or "", wire.excerpt(body, redact))
end

---A few readable characters of an answer, for an error. Secrets go before the cut, lest half of one stays.
function wire.excerpt(body, redact)
  local text = beginning(body, redact):gsub("[%z\1-\32\127]+", " "):gsub("[\128-\255]+", "?")
  if text:match("^ ?$") then return ": empty body" end
  return (": %s%s"):format(text:sub(1, EXCERPT), #text > EXCERPT and "…" or "")
end

-- A status says nothing about whether the platform acted: a gateway may give any of them after it passed the request
-- on. Only a code of the platform's own in its own envelope does, and a request that never left.
local function http_error(status, headers, body, redact)
  return errors.new {
    kind = status == 429 and "throttled" or "http", http_status = status,
    message = http_message(status, headers, body, redact),
    retryable = status >= 500 or status == 408 or status == 429,
    executed = "maybe",
  }
end

local function code_error(answer, status, redact)
  local kind, executed, retryable, meaning = errors.code(answer.code)
  local said = beginning(answer.message, redact)
  return errors.new {
    kind = kind, code = answer.code, http_status = status ~= 200 and status or nil,
    retryable = retryable, executed = executed,
    message = said ~= "" and ("%s (%s)"):format(meaning, said) or meaning,
  }
end

-- In slices, where others wait for their turn: a page of 1,000 rows takes a few milliseconds at once.
local function decode(endpoint, body, settings)
  if not settings.breathe or #body <= SLICE then
    return codec.decode(endpoint, body, settings.decimals, settings.utc_offset)
  end
  local decoder = codec.decoder(endpoint, body, settings.decimals, settings.utc_offset)
  local answer, problem = decoder:read(SLICE)
  while answer == false do
    settings.breathe()
    answer, problem = decoder:read(SLICE)
  end
  return answer, problem
end

-- A login's answer that cannot be read as a whole may hold a token that nobody knows yet, or half of one.
local function without_tokens(redact)
  return function(text)
    text = redact(text):gsub('("data"%s*:%s*")[^"]*', "%1***"):gsub('([tT]oken"%s*:%s*")[^"]*', "%1***")
    return (text:gsub("[A-Za-z0-9+/=_-]+", function(word) return #word >= LONG_WORD and "***" or nil end))
  end
end

---@class imr.WireSettings
---@field decimals "number"|"string"
---@field utc_offset number
---@field redact fun(text: string): string
---@field learn fun(token: string) to hide it too
---@field breathe? fun() lets others have their turn; nil where there are none

---@param body string
---@param settings imr.WireSettings
---@return table|nil answer
---@return table|nil err
local function read(endpoint, status, headers, body, settings)
  local answer, problem = decode(endpoint, body, settings)
  if answer and answer.token then settings.learn(answer.token) end -- whatever becomes of it: messages quote answers
  local redact = settings.redact
  if endpoint == "login" and not answer then redact = without_tokens(redact) end
  if answer and answer.code ~= 200 then return nil, code_error(answer, status, redact) end
  if status ~= 200 then return nil, http_error(status, headers, body, redact) end
  if answer and not answer.misfit then
    answer.message = wire.said(answer.message, settings.redact) -- an outcome shows it, and a ledger keeps it
    return answer
  end
  local what = answer
    and ("the answer is to another request: no field tells its rows for records of %s"):format(endpoint)
    or "the answer is not the platform's: " .. redact(problem) .. wire.excerpt(body, redact)
  return nil, errors.new { kind = "protocol", http_status = status, retryable = true, executed = "maybe",
    message = what }
end

---The meaning of a response: the answer when the platform says success, else the error. Either has `retry_after` where
---the response asks for a pause, whatever its status and code.
---@param body string
---@param settings imr.WireSettings
---@return table|nil answer
---@return table|nil err
function wire.read(endpoint, status, headers, body, settings)
  local answer, err = read(endpoint, status, headers, body, settings)
  local outcome = answer or err
  outcome.retry_after = retry_after(wire.header(headers, "retry-after"), wire.header(headers, "date"))
  return answer, err
end

return wire
