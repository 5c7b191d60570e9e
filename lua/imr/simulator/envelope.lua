--- What surrounds the rows of an answer: code, msg, data and a totalCount that is not always to be trusted.

local quote = require("imr.base.json").quote

local envelope = {}

local MESSAGES = {
  [200] = "操作成功", [1001] = "失败", [1002] = "账号不存在或没有API权限", [1005] = "密码错误", [1006] = "Token不存在",
  [1007] = "Token已过期", [1008] = "缺少参数", [1009] = "账号与token不符合或没有该接口权限", [1010] = "重复订单",
  [1011] = "访问过快",
}
local EMPTY = { list = "[]", null = "null", string = '""', object = "{}" }
local BOM = "\239\187\191"

local totals = {
  right = function(total) return total end,
  string = function(total) return total end,
  wrong_low = function(total) return math.floor(total / 2) end,
  wrong_high = function(total) return total + 51 end,
  shift = function(total, page) return total + page - 1 end,
}

local function total_json(settings, total, page)
  local mode = settings.totals
  if mode == "absent" then
    return nil
  end
  local claimed = type(mode) == "number" and mode or totals[mode](total, page)
  return (mode == "string" and '"%d"' or "%d"):format(claimed)
end

---@param settings table checked options
---@param code integer
---@param fields? { data?: string, total?: string, message?: string } data and total as JSON
---@return string JSON
function envelope.answer(settings, code, fields)
  fields = fields or {}
  local parts = { (settings.codes == "string" and '"code":"%d"' or '"code":%d'):format(code) }
  if fields.data then
    parts[#parts + 1] = '"data":' .. fields.data
  end
  parts[#parts + 1] = '"msg":' .. quote(fields.message or MESSAGES[code] or "未知错误")
  if fields.total then
    parts[#parts + 1] = '"totalCount":' .. fields.total
  end
  return (settings.bom and BOM or "") .. "{" .. table.concat(parts, ",") .. "}"
end

---@param rows string[] each JSON
---@param single boolean the one row stands alone, not in a list
---@return string JSON
function envelope.listing(settings, rows, total, page, single)
  local data = EMPTY[settings.empty]
  if single and #rows == 1 then
    data = rows[1]
  elseif #rows > 0 then
    data = "[" .. table.concat(rows, ",") .. "]"
  end
  return envelope.answer(settings, 200, { data = data, total = total_json(settings, total, page) })
end

return envelope
