--- What `imr login` has saved: accounts with their passwords, the last one first, in a file of mode 0600. The token
--- that the store keeps holds the password in clear anyway, so this file gives away nothing more.

local core = require "imr.core"
local config = require "imr.cli.input.config"
local exit = require "imr.cli.exit"
local json = require "imr.base.json"
local language = require "imr.language"
local messages = require "imr.cli.output.messages"
local normalized_url = require("imr.base.url").normalized
local system = require "imr.os"

local ASIDE = ".unreadable" -- behind the file's name: what was set aside

local credentials = {}

---@return string|nil nil where there is no place for it
function credentials.path()
  return config.file "credentials"
end

local function is_account(value)
  return type(value) == "table" and type(value.base_url) == "string" and type(value.username) == "string"
    and type(value.password) == "string"
end

local function damaged(path)
  exit.fail("credentials", "%s is not what `imr login` writes: repair it, or remove it and log in again", path)
end

-- Where the object that begins at a place ends; nil when it does not.
local function end_of_object(text, at)
  at = text:find('["}]', at)
  while at and text:sub(at, at) == '"' do
    repeat
      at = text:find('["\\]', at + 1)
      local escaped = at and text:sub(at, at) == "\\"
      if escaped then at = at + 1 end
    until not escaped
    at = at and text:find('["}]', at + 1)
  end
  return at
end

-- The texts of the objects in a list that is no JSON as a whole. An account holds no other object.
local function objects_in(text)
  local found, from = {}, text:find("{", 1, true)
  while from do
    local to = end_of_object(text, from) or #text
    found[#found + 1] = text:sub(from, to)
    from = text:find("{", to + 1, true)
  end
  return found
end

-- One account that cannot be read does not take the others with it.
local function parse(text)
  local accounts, unreadable = {}, {}
  local list = text:find("^%s*%[") and json.decode(text)
  for _, item in ipairs(type(list) == "table" and list or objects_in(text)) do
    local account = type(item) == "string" and json.decode(item) or item
    if is_account(account) then
      accounts[#accounts + 1] = account
    else
      unreadable[#unreadable + 1] = type(item) == "string" and item or json.encode(item)
    end
  end
  return accounts, unreadable, type(list) == "table"
end

local function load_all()
  local path = credentials.path()
  if not path then return {}, nil, {} end
  local text, message = system.private_read(path)
  if message then exit.fail("credentials", "the saved account is refused: %s", message) end
  if not text then return {}, path, {} end
  local accounts, unreadable, is_list = parse(text)
  -- Written over, it would take with it whatever can still be read in it.
  if #accounts == 0 and (#unreadable > 0 or not is_list) then damaged(path) end
  return accounts, path, unreadable
end

local function matches(account, base_url, username)
  return (not base_url or normalized_url(account.base_url) == base_url)
    and (not username or account.username == username)
end

---The account saved last that fits.
---@param base_url? string
---@param username? string
---@return table|nil account
---@return string path
function credentials.find(base_url, username)
  local accounts, path, unreadable = load_all()
  if #unreadable > 0 then messages.say("%d of the accounts in %s cannot be read: left out", #unreadable, path) end
  for _, account in ipairs(accounts) do
    if matches(account, base_url, username) then return account, path end
  end
  return nil, path
end

-- What cannot be read goes to a file beside, where somebody may still find it.
local function set_aside(path, unreadable)
  if #unreadable == 0 then return true end
  local beside = path .. ASIDE
  local before, message = system.private_read(beside)
  if message then return nil, message end
  local ok
  ok, message = system.private_write(beside, (before or "") .. table.concat(unreadable, "\n") .. "\n")
  if ok then messages.say("%d accounts were moved to %s: they cannot be read", #unreadable, beside) end
  return ok, message
end

local TURN = 10 -- seconds; who has the lock writes one file

-- Two logins at once take turns; without the lock one of them could lose the other's account.
local function take_turn(path)
  local ends = core.now() + TURN
  repeat
    local lock, message = system.private_lock(path)
    if lock or message then return lock, message end
    if core.sleep(0.02) > 0 then return nil, "interrupted" end
  until core.now() > ends
  return nil, language.text("%s is locked by another process", path)
end

local function replace(change)
  local path = credentials.path()
  if not path then exit.fail("store", "nothing was saved: there is no HOME or XDG_CONFIG_HOME to save it below") end
  local ok, message = system.private_directory(config.directory())
  if not ok then exit.fail("store", "nothing was saved: %s", message) end
  local lock
  lock, message = take_turn(path .. ".lock")
  if not lock then exit.fail("store", "nothing was saved: %s", message) end
  local found, _, unreadable = load_all()
  local accounts = change(found)
  ok, message = set_aside(path, unreadable)
  if ok then ok, message = system.private_write(path, #accounts == 0 and "[]" or json.encode(accounts)) end
  lock:release()
  if not ok then exit.fail("store", "nothing was saved: %s", message) end
  return path
end

local function without(accounts, base_url, username)
  local rest = {}
  for _, account in ipairs(accounts) do
    if not matches(account, base_url, username) then rest[#rest + 1] = account end
  end
  return rest
end

---@param account { base_url: string, username: string, password: string }
---@return string path
function credentials.save(account)
  return replace(function(accounts)
    local rest = without(accounts, account.base_url, account.username)
    table.insert(rest, 1, account)
    return rest
  end)
end

---@return integer forgotten how many accounts
function credentials.forget(base_url, username)
  local count, left = 0, 0
  local path = replace(function(accounts)
    local rest = without(accounts, base_url, username)
    count, left = #accounts - #rest, #rest
    return rest
  end)
  if left == 0 then os.remove(path .. ASIDE) end
  return count
end

return credentials
