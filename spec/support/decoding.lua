-- Answers for the decoder, and what becomes of them.
local codec = require "imr.client.codec"

local decoding = {}

local CHINA = 8 * 3600

---@param decimals? "number"|"string"
---@return table|nil answer
---@return string|nil problem
function decoding.decode(endpoint, body, decimals)
  return codec.decode(endpoint, body, decimals or "number", CHINA)
end

--- The body of a successful answer with this data.
---@param data string
---@return string
function decoding.answer(data)
  return '{"code":200,"msg":"操作成功","data":' .. data .. ',"totalCount":1}'
end

--- The record of a single row, given as the text of its members.
---@return table
function decoding.record(endpoint, members, decimals)
  local result = assert(decoding.decode(endpoint, decoding.answer("[{" .. members .. "}]"), decimals))
  assert(#result.rows == 1, "not one row")
  return result.rows[1]
end

return decoding
