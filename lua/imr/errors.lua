-- The error object: a table of facts that also reads as one line; and what each return code of the platform means
-- (platform document §5). What the documents say beyond that is in imr.words.

local clean = require("imr.core").clean
local number_text = require("imr.base.number").text

local errors = {}

-- `executed`: did the platform act? 1010: on this order, or on an earlier one like it.
local codes = {
  [200] = { kind = "ok", executed = "yes", retryable = false, meaning = "success" },
  [1001] = { kind = "failed", executed = "maybe", retryable = true, meaning = "the platform failed" },
  [1002] = { kind = "auth", executed = "no", retryable = false,
    meaning = "no such account, or it has no API rights" },
  [1005] = { kind = "auth", executed = "no", retryable = false, meaning = "wrong password" },
  [1006] = { kind = "token", executed = "no", retryable = true, meaning = "the token does not exist" },
  [1007] = { kind = "token", executed = "no", retryable = true, meaning = "the token has expired" },
  [1008] = { kind = "request", executed = "no", retryable = false, meaning = "a parameter is missing" },
  [1009] = { kind = "forbidden", executed = "no", retryable = false,
    meaning = "account and token differ, or no right to this endpoint" },
  [1010] = { kind = "duplicate", executed = "maybe", retryable = false,
    meaning = "duplicate order: an earlier one stands, and it may be this one" },
  [1011] = { kind = "throttled", executed = "no", retryable = true, meaning = "too fast" },
}
local unknown_code = { kind = "failed", executed = "maybe", retryable = true, meaning = "unknown return code" }

---What a return code means.
---@param code any as the platform sent it
---@return string kind
---@return "no"|"maybe"|"yes" executed
---@return boolean retryable
---@return string meaning in English
function errors.code(code)
  local entry = code ~= nil and codes[code] or unknown_code
  return entry.kind, entry.executed, entry.retryable, entry.meaning
end

---The return codes that the platform documents, in order.
---@return integer[]
function errors.codes()
  local list = {}
  for code in pairs(codes) do list[#list + 1] = code end
  table.sort(list)
  return list
end

-- ---------------------------------------------------------------- the object

local Error = { __name = "imr.error" }

local FACTS = { "code", "http_status", "executed", "retry_after" }

-- A clock's digits beyond the hundredth say nothing to who reads the line.
local function text_of(value)
  if type(value) == "number" and value % 1 ~= 0 then value = math.floor(value * 100 + 0.5) / 100 end
  if type(value) == "number" then return number_text(value) end
  return type(value) == "string" and value or nil
end

function Error:__tostring()
  local endpoint = text_of(self.endpoint)
  local text = (endpoint and endpoint .. ": " or "") .. (text_of(self.message) or "unknown error")
    .. " [" .. (text_of(self.kind) or "failed")
  for _, name in ipairs(FACTS) do
    if self[name] ~= nil then text = text .. " " .. name .. "=" .. (text_of(self[name]) or "?") end
  end
  return text .. "]"
end

function Error.__concat(left, right) return tostring(left) .. tostring(right) end

---Makes the error object of a table: the same table, with a metatable. The message becomes one clean line: whoever logs
---an error must find one line of ours, whatever a server, a driver or a file has put into it.
---@param fields table kind, code, message, endpoint, http_status, retryable, executed, retry_after
---@return imr.Error
function errors.new(fields)
  if type(fields) ~= "table" then error("an error is made of a table, not of a " .. type(fields), 2) end
  if type(fields.message) == "string" then fields.message = clean(fields.message) end
  return setmetatable(fields, Error)
end

---Is this value one of our errors?
---@param value any
---@return boolean
function errors.is(value)
  return getmetatable(value) == Error
end

return errors
