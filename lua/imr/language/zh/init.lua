-- The catalogue: Chinese by the English text or format that the program says. What has its Chinese beside it where it
-- is defined (imr.schema, the rules of quality) is taken from there.

local rules = require "imr.workflow.quality.rules"
local schema = require "imr.schema"

local catalogue = {}

for _, part in ipairs { "said", "refused", "advice", "rules", "help", "help_supply", "help_simulate", "parser" } do
  for english, chinese in pairs(require("imr.language.zh." .. part)) do catalogue[english] = chinese end
end

for _, endpoint in ipairs(schema.listings) do
  if endpoint.summary_zh then catalogue[endpoint.summary] = endpoint.summary_zh end
  if endpoint.title_zh then
    catalogue[endpoint.title], catalogue[endpoint.name] = endpoint.title_zh, endpoint.title_zh
  end
end

for _, rule in ipairs(rules) do catalogue[rule.help] = rule.help_zh end

return catalogue
