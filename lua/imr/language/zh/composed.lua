-- Formats of other modules, known by the texts that they made. Everything that goes in is a text.

local composed = {}

for _, part in ipairs { "parser", "details", "errors", "errors_supply" } do
  for english, chinese in pairs(require("imr.language.zh." .. part)) do composed[english] = chinese end
end

return composed
