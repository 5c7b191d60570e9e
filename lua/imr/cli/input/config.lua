--- The configuration file: Lua that returns a table. It can call nothing, and nobody else may read it.

local exit = require "imr.cli.exit"
local language = require "imr.language"
local sandbox = require "imr.base.sandbox"
local system = require "imr.os"

local config = {}

---The directory of this user's configuration.
---@return string|nil nil where there is no HOME, as for a service
function config.directory()
  local chosen, home = os.getenv "XDG_CONFIG_HOME", os.getenv "HOME"
  if chosen and chosen:sub(1, 1) == "/" then return chosen .. "/imr" end
  return home and home ~= "" and home .. "/.config/imr" or nil
end

---A file in it.
---@param name string
---@return string|nil
function config.file(name)
  local directory = config.directory()
  return directory and directory .. "/" .. name
end

---Where the configuration is, for messages too.
---@return string
function config.path()
  return config.file "config.lua" or language.text "config.lua (nowhere: there is no HOME or XDG_CONFIG_HOME)"
end

---What the file says; an empty table when there is none. Raises when it can't be used.
---@return table
---@return string path
function config.load()
  local path = config.file "config.lua"
  if not path then return {}, config.path() end
  local text, message = system.private_read(path)
  if message then exit.usage("the configuration is refused: %s", message) end
  if not text then return {}, path end
  local values, problem = sandbox.evaluate(text, path)
  if not values then exit.usage("%s", problem) end
  return values, path
end

return config
