-- The catalogue: Chinese by the English text or format that the program says. What has its Chinese beside it where it
-- is defined (imr.schema, the rules of quality) is taken from there.

local schema = require "imr.schema"

local catalogue = {}

local PARTS = { "said", "supply", "refused", "advice", "rules", "help", "help_supply", "help_simulate", "parser" }

for _, part in ipairs(PARTS) do
  for english, chinese in pairs(require("imr.language.zh." .. part)) do catalogue[english] = chinese end
end

for _, endpoint in ipairs(schema.listings) do
  if endpoint.summary_zh then catalogue[endpoint.summary] = endpoint.summary_zh end
  if endpoint.title_zh then
    catalogue[endpoint.title], catalogue[endpoint.name] = endpoint.title_zh, endpoint.title_zh
  end
end

-- The rules bring the whole of imr.workflow.quality with them: they are loaded where the rest does not have a text.
local function of_rules()
  local texts = {}
  for _, rule in ipairs(require "imr.workflow.quality.rules") do texts[rule.help] = rule.help_zh end
  return texts
end

local rules
return setmetatable(catalogue, { __index = function(_, text)
  rules = rules or of_rules()
  return rules[text]
end })
