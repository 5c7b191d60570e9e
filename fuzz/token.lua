-- The token file: any bytes as the file. What is read is a record of the right types or nothing, and what is written
-- again is read back as the same.
local compare = require "compare"
local core = require "imr.core"
local store = require "imr.store.file"
local system = require "imr.os"

local KEY = "account"
local WRITTEN = 1e-5 -- times are written with six digits

local directory = assert(os.getenv("IMR_FUZZ_DIRECTORY"), "IMR_FUZZ_DIRECTORY is not set") .. "/token"
local path = ("%s/%s.token"):format(directory, core.fingerprint(KEY))
assert(system.private_directory(directory))

local boot = core.boot()

local function check_failure(failure)
  assert(type(failure.kind) == "string" and type(failure.message) == "string")
  assert(math.type(failure.at) and math.type(failure.retry_at) and math.type(failure.backoff))
  assert(failure.code == nil or math.type(failure.code))
end

local function check(record)
  assert(record.encoding == nil or record.encoding == "json" or record.encoding == "form")
  local whole = type(record.token) == "string" and type(record.id) == "string" and math.type(record.obtained)
  local none = record.token == nil and record.id == nil and record.obtained == nil
  assert(whole or none, "half a token")
  if record.failure then check_failure(record.failure) end
end

-- Times beyond these keep no fraction, and the shift between two clocks gets lost in them.
local function is_usual(record)
  local failure = record.failure or { at = 0, retry_at = 0 }
  for _, time in ipairs { record.obtained or 0, failure.at, failure.retry_at } do
    if time ~= time or math.abs(time) >= 1e9 then return false end
  end
  return true
end

local function check_times(a, b, names)
  for _, name in ipairs(names) do
    assert((a[name] == nil) == (b[name] == nil) and math.abs((a[name] or 0) - (b[name] or 0)) < WRITTEN, name)
    a[name], b[name] = nil, nil
  end
end

local function check_again(self, record)
  assert(self:put_token(KEY, record, core.now()))
  local again = assert(self:get_token(KEY, core.now()))
  check_times(record, again, { "obtained" })
  if record.failure then check_times(record.failure, again.failure, { "at", "retry_at" }) end
  -- cjson writes 14 digits of the two numbers that are left.
  local failure, other = record.failure or {}, again.failure or {}
  for _, name in ipairs { "backoff", "code" } do
    if failure[name] then
      assert(math.abs(failure[name] - other[name]) <= math.abs(failure[name]) * 1e-13, name)
      failure[name], other[name] = nil, nil
    end
  end
  compare.must_be_same(again, record, "written and read again")
end

return function(input)
  -- One byte says whether the record is of this boot: no input can know it.
  local text = input:sub(2)
  if input:byte() == 66 then text = text:gsub("BOOT", boot) end
  assert(system.private_write(path, text))
  local self = store.new { path = directory }
  local record = self:get_token(KEY, core.now())
  if not record then return end
  check(record)
  if is_usual(record) then check_again(self, record) end
end
