-- Answers of every endpoint: the first byte chooses endpoint and style, the rest is the body. Rows are compared with
-- what follows from lua-cjson's reading of the same body, and with the same row decoded alone; the answer with what
-- slices give.
local cjson = require("cjson").new()
local compare = require "compare"
local codec = require "imr.client.codec"
local schema = require "imr.schema"
local expected = require "expected"
local native = require "native"

local CHINA = 8 * 3600
local ALONE = 8 -- rows of a body that are also decoded alone

local endpoints = schema.describe()

local forms = { absent = true, empty = true, text = true, list = true, object = true }

local function check_envelope(answer)
  assert(math.type(answer.code) == "integer" and forms[answer.form] and utf8.len(answer.message))
  assert(answer.total == nil or math.type(answer.total) == "integer" and answer.total >= 0)
  assert(answer.token == nil or type(answer.token) == "string")
end

-- A row knows nothing of those before it.
local function check_alone(endpoint, style, answer, texts)
  for index = 1, math.min(#texts, ALONE) do
    local alone = assert(codec.decode(endpoint.name, '{"code":200,"data":[' .. texts[index] .. "]}", style, CHINA))
    compare.must_be_same(answer.rows[index], alone.rows[1], "row " .. index)
    assert(answer.ids:sub(index * 8 - 7, index * 8) == alone.ids, "the row's identity")
  end
end

local function check_rows(endpoint, style, answer, body)
  assert(#answer.ids == 8 * #answer.rows)
  local data = native.member(body, "data")
  if not data then return end
  local texts = native.entries(data)
  if answer.form == "object" then texts = { data } end
  assert(#texts == #answer.rows, "rows are missing, or too many")
  check_alone(endpoint, style, answer, texts)
  for index, text in ipairs(texts) do
    local fine, theirs = pcall(cjson.decode, text)
    if fine then expected.check(endpoint, style, answer.rows[index], theirs, text) end
  end
end

local function sliced(endpoint, body, style)
  local decoder = codec.decoder(endpoint.name, body, style, CHINA)
  local size = #body % 61 + 1
  local answer, problem = decoder:read(size)
  while answer == false do answer, problem = decoder:read(size) end
  return answer, problem
end

return function(input)
  local choice = input:byte() or 0
  local endpoint = endpoints[choice % #endpoints + 1]
  local style = choice // #endpoints % 2 == 0 and "string" or "number"
  local body = input:sub(2)
  local answer, problem = codec.decode(endpoint.name, body, style, CHINA)
  local same, same_problem = sliced(endpoint, body, style)
  compare.must_be_same(same, answer, "in slices")
  assert(problem == same_problem, "another problem in slices")
  if not answer then return assert(type(problem) == "string") end
  assert(native.read(body), "an answer that is not JSON was taken")
  check_envelope(answer)
  assert((answer.rows ~= nil) == (endpoint.listing and answer.code == 200))
  if answer.rows then check_rows(endpoint, style, answer, body) end
end
