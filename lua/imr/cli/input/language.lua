--- Which language the program speaks: --language over the environment (IMR_LANGUAGE) over the configuration
--- (`language`) over the locale. It is wanted before the flags are read, since their help is in it.

local environment = require "imr.cli.input.environment"

local chosen = {}

---What --language and the configuration may say.
---@type string[]
chosen.ALL = { "en", "zh" }

---@param value any
---@return string|nil
---@return string|nil wanted
function chosen.check(value)
  if value == "en" or value == "zh" then return value end
  return nil, "en or zh"
end

local function of_environment()
  local value = environment "IMR_LANGUAGE"
  local found, wanted = chosen.check(value)
  if value and not found then
    error({ kind = "usage", message = ("environment: IMR_LANGUAGE must be %s"):format(wanted) }, 0)
  end
  return found
end

-- What is wrong with the flag's value the parser says.
local function flag(words)
  for index, word in ipairs(words) do
    if word == "--" then return nil end
    local value = word == "--language" and words[index + 1] or word:match "^%-%-language=(.*)$"
    if value then return value end
  end
end

-- What is wrong with the configuration is said by those who need it.
local function configured()
  local fine, values = pcall(function() return (require("imr.cli.input.config").load()) end)
  return fine and values.language
end

local function of_locale()
  local name = environment "LC_ALL" or environment "LC_MESSAGES" or environment "LANG" or ""
  return name:find "^zh" and "zh" or "en"
end

---The language. Raises where the environment names another one.
---@param words string[] of the command line
---@return "en"|"zh"
function chosen.of(words)
  return chosen.check(flag(words)) or of_environment() or chosen.check(configured())
    or of_locale()
end

---Adds the flag.
function chosen.configure(parser)
  parser:option("--language", "What is said to you, and the headings of tables: en or zh (environment: IMR_LANGUAGE; "
    .. "default: that of LANG)."):choices(chosen.ALL)
end

return chosen
