-- The token record as text, for stores that keep it outside of this process. Times are written on the store's clock.

local DAY = require("imr.base.calendar").DAY
local json = require "imr.base.json"
local numbers = require "imr.base.number"

local TOKEN_LIFE = 7200 -- seconds

local record = {}

---Seconds for which the encoding that worked is kept.
record.ENCODING_LIFE = 30 * DAY

local LAYOUT = 1 -- fields may be added; a record of another layout is not read

---How long a record is kept: a token holds the password, a refusal keeps others from locking the account.
---@param value imr.TokenRecord
---@return number seconds
function record.life_of(value)
  return value.token and TOKEN_LIFE or record.ENCODING_LIFE
end

-- As text, so that a reader of any make has all digits.
local function write_time(seconds)
  return numbers.format("%.6f", seconds)
end

local function write_failure(failure, shift)
  return {
    kind = failure.kind, code = failure.code, message = failure.message, backoff = failure.backoff,
    at = write_time(failure.at + shift), retry_at = write_time(failure.retry_at + shift),
  }
end

---@param from table a token record, times on the caller's clock
---@param shift number seconds from the caller's clock to the store's
---@param boot? string where the store's clock starts anew with each boot of the host: which one this is
---@return string
function record.encode(from, shift, boot)
  return json.encode {
    layout = LAYOUT, boot = boot, token = from.token, id = from.id, encoding = from.encoding,
    obtained = from.obtained and write_time(from.obtained + shift),
    failure = from.failure and write_failure(from.failure, shift),
  }
end

local function text(value) return type(value) == "string" and value or nil end
local function number(value) return type(value) == "number" and value or nil end

local encodings = { json = "json", form = "form" }

-- A refusal counts whatever else its record says: the same password once more may lock the account.
local function refusal(code, message)
  message = message or "the account was refused before, and the record of it is damaged; `imr login` tries again"
  return { kind = "auth", code = code, message = message, at = -math.huge, retry_at = math.huge, backoff = 0 }
end

local function read_failure(value, shift)
  local at, retry_at = numbers.read(text(value.at)), numbers.read(text(value.retry_at))
  if not (text(value.kind) and text(value.message) and at and retry_at and type(value.backoff) == "number") then
    return value.kind == "auth" and refusal(number(value.code), text(value.message)) or nil
  end
  return {
    kind = value.kind, code = number(value.code), message = value.message,
    backoff = value.backoff, at = at - shift, retry_at = retry_at - shift,
  }
end

-- Of another boot only what has no time in it still counts: the encoding, and that the account was refused.
local function outlived(result)
  result.token, result.obtained, result.id = nil, nil, nil
  if result.failure and result.failure.kind ~= "auth" then result.failure = nil end
  return result
end

-- Of what is no record, or one of another layout, only a refusal counts.
local function rescued(written)
  if not written:find('"kind"%s*:%s*"auth"') then return nil end
  return { failure = refusal(tonumber(written:match('"code"%s*:%s*(%d+)'))) }
end

---@param written string
---@param shift number
---@param boot? string
---@return table|nil record nil when this is no record
---@return true|nil damaged it could not be read as a whole
function record.decode(written, shift, boot)
  local value = json.decode(written)
  if type(value) ~= "table" or value.layout ~= LAYOUT then return rescued(written), true end
  local result = { encoding = encodings[value.encoding] }
  if type(value.failure) == "table" then result.failure = read_failure(value.failure, shift) end
  local obtained = numbers.read(text(value.obtained))
  if text(value.token) and text(value.id) and obtained then
    result.token, result.id, result.obtained = value.token, value.id, obtained - shift
  end
  return value.boot == boot and result or outlived(result)
end

return record
