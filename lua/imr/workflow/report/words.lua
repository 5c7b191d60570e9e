-- The report's words, in English and Chinese.

local html = require "imr.base.html"
local listings = require "imr.workflow.sync.listings"

local both = html.both

local words = { grouped = require "imr.base.grouped" }

words.kind = {
  electricity = { "Electricity", "电" }, water = { "Water", "水" }, other = { "Other", "其他" },
}

words.unit = { electricity = "kWh", water = "m³", other = "" }

words.listing = {}
for _, entry in ipairs(listings) do words.listing[entry.name] = entry.title end

words.command = {
  disconnect = { "disconnect", "断开供应" }, reconnect = { "reconnect", "恢复供应" },
  request_reading = { "read", "抄表" },
}

words.state = {
  planned = { "planned", "待发送" }, sending = { "sending", "发送中" }, accepted = { "accepted", "已受理" },
  confirmed = { "confirmed", "已确认" }, contradicted = { "contradicted", "与表计状态不符" },
  unconfirmed = { "unconfirmed", "未确认" }, unknown = { "unknown", "结果不明" }, refused = { "refused", "被拒绝" },
  skipped = { "skipped", "已跳过" }, superseded = { "superseded", "已被取代" }, expired = { "expired", "已过期" },
  protected = { "protected", "受保护" }, overtaken = { "overtaken", "被后续命令覆盖" },
}

words.cause = {
  offline = { "offline", "离线" }, not_frozen = { "too young", "尚未冻结" },
  rejected = { "rejected", "无法入库" },
  truncated = { "listing cut short", "清单不完整" }, unknown = { "unknown", "原因不明" },
}

---A word of one of the lists in both languages; one that is not there stands for itself.
---@param list table<string, string[]>
---@param key string
---@return imr.Markup
function words.of(list, key)
  local pair = list[key] or { key, key }
  return both(pair[1], pair[2])
end

return words
