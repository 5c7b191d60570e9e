-- Prints a dictionary for the fuzzer: the platform's words, as JSON has them.
local schema = require "imr.schema"

local words = {}

local function add(text)
  words[text] = true
end

local function add_words_of(field)
  for word in pairs(field.words or {}) do add('"' .. word .. '"') end
end

for _, endpoint in ipairs(schema.describe()) do
  for _, field in ipairs(endpoint.fields) do
    for _, key in ipairs(field.wire) do add('"' .. key .. '":') end
    add_words_of(field)
  end
end
for _, text in ipairs {
  '"code":200,', '"data":[{', '"data":', '"msg":', '"totalCount":', "}]}", "null", "true", "false", "\\u",
  "\\ud83d\\ude00",
  '"2025-06-01 10:20:30"', '"346.90"', "1e3", '"layout":1,', '"token":"', '"id":"', '"obtained":"', '"boot":"BOOT"',
  '"failure":{', '"kind":"auth"', '"at":"', '"retry_at":"', '"backoff":', '"encoding":"json"',
} do add(text) end

for text in pairs(words) do
  local escaped = text:gsub('[\\"]', "\\%0")
  escaped = escaped:gsub("[\128-\255]", function(byte) return ("\\x%02X"):format(byte:byte()) end)
  print('"' .. escaped .. '"')
end
