--- `imr help`: what is not a flag.

local language = require "imr.language"
local write = require "imr.cli.output.write"

local help = { summary = "Explain a command, the exit codes or the configuration." }

local CONFIG = [[
Flags win over the environment, which wins over the configuration file, which wins over what `imr login` has saved.

  flag              environment         in the file
  --base-url        IMR_BASE_URL        base_url
  --username        IMR_USERNAME        username
                    IMR_PASSWORD        password
  --password-file   IMR_PASSWORD_FILE   password_file
  --store           IMR_STORE           store
  --profile         IMR_PROFILE         profile
  --language        IMR_LANGUAGE        language
  --db              IMR_DB
  --ledger          IMR_LEDGER
  --protected @FILE IMR_PROTECTED       (a file's name; both count)

A password is never a flag: others on this machine can read the arguments of a process.

The file is %s (mode 0600; it is refused when others can read it).
It is Lua that returns a table and can call nothing:

  return {
    username = "building-7", password_file = "/run/secrets/imr",
    base_url = "https://meters.example.com",
    store = "file",            -- or "/a/directory", "memory", "redis://HOST"
    interval = 2, timeout = 30, retries = 4, utc_offset = "+08:00",
    language = "zh",           -- or "en"; default: that of LANG
    quality = { without = { "zeros" }, spike = { factor = 10 } }, -- of `imr check`
    supply = { approval = 2 }, -- `imr supply`: another user has to approve a plan
    profiles = {
      north = { username = "building-8", password_file = "/run/secrets/imr-north" },
    },
  }

`--profile north` lays that profile over the rest.

A store is `file` ($XDG_STATE_HOME/imr or ~/.local/state/imr), a directory with a slash in it, `memory`, or a Redis:

  redis://HOST   redis://:PASSWORD@HOST:6379/0   rediss://USER:PASSWORD@HOST   redis+unix:///run/redis/redis.sock

rediss:// is with TLS. /0 is the database. Behind a ? stand db, prefix (of the keys), timeout (seconds), ca_file (of
rediss://) and fallback=memory, joined by &. Any other scheme and any other word is an error.

A database (--db, IMR_DB, --ledger) is a file, sqlite:FILE or postgres://USER:PASSWORD@HOST:PORT/NAME?sslmode=require.
A file's name is a name and nothing else: SQLite's own file:NAME?mode=… and :memory: are refused.
]]

function help.configure(parser)
  parser:argument("topic", "A command, such as supply disconnect; exit-codes or config."):args("*")
end

local function exit_codes()
  local lines = { language.text "Exit codes:" }
  for _, entry in ipairs(require("imr.cli.exit").codes) do
    lines[#lines + 1] = ("  %3d  %s"):format(entry[1], language.text(entry[2]))
  end
  return table.concat(lines, "\n") .. "\n"
end

local function config_text()
  return language.spoken == "zh" and require "imr.language.zh.config" or CONFIG
end

local topics = {
  ["exit-codes"] = exit_codes,
  config = function() return config_text():format(require("imr.cli.input.config").path()) end,
}

local function command_help(words)
  local cli = require "imr.cli"
  local command, count = cli.named(cli.parser(), words)
  if count == #words then return command:get_help() .. "\n" end
  require("imr.cli.exit").usage("there is no help on '%s'; `imr help` names the commands, and there are exit-codes and"
    .. " config", table.concat(words, " "))
end

---@return integer exit status
function help.run(arguments)
  require("imr.os").catch_signals() -- a reader who has had enough is no failure
  local topic = #arguments.topic == 1 and topics[arguments.topic[1]]
  write(topic and topic() or command_help(arguments.topic))
  return 0
end

return help
