--- `imr login`: asks for the password with echo off, tries it, and keeps it for the commands that follow.

local connect = require "imr.cli.input.connect"
local credentials = require "imr.cli.input.credentials"
local exit = require "imr.cli.exit"
local language = require "imr.language"
local passwords = require "imr.client.password"
local settings = require "imr.cli.input.settings"
local stores = require "imr.cli.input.store"
local system = require "imr.os"
local terminal = require "imr.cli.output.terminal"
local interrupt = require "imr.cli.interrupt"
local write = require "imr.cli.output.write"

local login = { summary = "Ask for the password, try it and keep it." }

function login.configure(parser)
  parser:flag("--no-save", "Do not keep the password; the store still gets the token. One that comes from a file or "
    .. "the environment is never kept.")
  parser:flag("--forget", "Remove the kept password instead.")
  parser:flag("--password-stdin", "Take the password from the first line of standard input.")
  connect.configure(parser)
end

local NO_TERMINAL = "there is no terminal to ask at: set IMR_USERNAME and IMR_PASSWORD_FILE, or use --password-stdin"

local function ask_username()
  local name, problem = terminal.ask(language.text "Account: ")
  interrupt.check()
  if problem then exit.fail("credentials", problem:find "no terminal" and NO_TERMINAL or problem) end
  if name == "" then exit.fail("credentials", "no account was given") end
  return name
end

local function ask_password(username)
  local password, problem = terminal.ask_secret(language.text("Password of %s: ", username))
  interrupt.check()
  if not password then exit.fail("credentials", problem:find("no terminal") and NO_TERMINAL or problem) end
  return password
end

-- What a flag, the environment or the file says is used; a kept password is what may have to be replaced.
local function get_password(arguments, chosen)
  if arguments.password_stdin then
    local line, problem = passwords.first_line(io.stdin)
    if not line then exit.fail("credentials", "the password can't be read from standard input: %s", problem) end
    return line, true
  end
  if chosen.password and chosen.from.password ~= credentials.path() then return chosen.password, false end
  return ask_password(chosen.username), true
end

-- Somebody who logs in wants to know now, whatever the store remembers of a login before; what comes of it is shared.
local function forgetful(store)
  local written = false
  return setmetatable({
    get_token = function(_, key, now)
      local record, message = store:get_token(key, now)
      return record and not written and { encoding = record.encoding } or record, message
    end,
    put_token = function(_, key, record, now)
      written = true
      return store:put_token(key, record, now)
    end,
  }, {
    __index = function(_, name)
      local method = store[name]
      return method and function(_, ...) return method(store, ...) end
    end,
  })
end

local function try(chosen)
  local client = connect.open(chosen, { store = forgetful(stores.open(chosen.store)) })
  local ok, err
  interrupt.run(function() ok, err = client:login() end)
  client:close()
  if ok then return end
  if err.kind == "auth" then
    err.advice = language.text "nothing was kept; accounts get locked after a few wrong passwords"
  end
  error(err, 0)
end

local function forget(chosen)
  local count = credentials.forget(chosen.base_url, chosen.username)
  local said = count == 0 and "no password was kept" or count == 1 and "forgot %d kept password"
    or "forgot %d kept passwords"
  write(language.text(said, count) .. "\n")
  return 0
end

---@return integer exit status
function login.run(arguments)
  system.catch_signals()
  local chosen = settings.read(arguments)
  if arguments.forget then return forget(chosen) end
  chosen.username = settings.credential(language.text "the account's name", chosen.username or ask_username())
  local given, typed = get_password(arguments, chosen)
  if given == "" then exit.fail("credentials", "no password was given") end
  chosen.password = settings.credential(language.text "the password", given)
  try(chosen)
  local kept = language.text "; the password is not kept"
  if typed and not arguments.no_save then
    kept = language.text("; the password is kept in %s", credentials.save {
      base_url = chosen.base_url, username = chosen.username, password = chosen.password,
    })
  end
  write(language.text("logged in as %s at %s%s", chosen.username, chosen.base_url, kept) .. "\n")
  return 0
end

return login
