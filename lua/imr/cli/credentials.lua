--- What `imr login` has saved: accounts with their passwords, the last one first, in a file of mode 0600. The token
--- that the store keeps holds the password in clear anyway, so this file gives away nothing more.

local core = require "imr.core"
local config = require "imr.cli.config"
local exit = require "imr.cli.exit"

local credentials = {}

---@return string
function credentials.path()
  return config.directory() .. "/credentials"
end

local function is_account(value)
  return type(value) == "table" and type(value.base_url) == "string" and type(value.username) == "string"
    and type(value.password) == "string"
end

local function damaged(path)
  exit.fail("credentials", "%s is not what `imr login` writes: repair it, or remove it and log in again", path)
end

local function load_all()
  local path = credentials.path()
  local text, message = core.private_read(path)
  if message then exit.fail("credentials", "the saved account is refused: %s", message) end
  local accounts = text and core.json(text) or not text and {}
  -- Written over, it would take with it whatever can still be read in it.
  if type(accounts) ~= "table" then damaged(path) end
  for _, account in ipairs(accounts) do
    if not is_account(account) then damaged(path) end
  end
  return accounts, path
end

local function matches(account, base_url, username)
  return (not base_url or account.base_url == base_url) and (not username or account.username == username)
end

---The account saved last that fits.
---@param base_url? string
---@param username? string
---@return table|nil account
---@return string path
function credentials.find(base_url, username)
  local accounts, path = load_all()
  for _, account in ipairs(accounts) do
    if matches(account, base_url, username) then return account, path end
  end
  return nil, path
end

-- Two logins at once take turns; without the lock one of them could lose the other's account.
local function replace(change)
  local path = credentials.path()
  local ok, message = core.private_directory(config.directory())
  if not ok then exit.fail("store", "nothing was saved: %s", message) end
  local lock
  repeat lock, message = core.private_lock(path .. ".lock") until lock or message or core.sleep(0.02) > 0
  if not lock then exit.fail("store", "nothing was saved: %s", message or "interrupted") end
  local accounts = change(load_all())
  ok, message = core.private_write(path, #accounts == 0 and "[]" or require("cjson").encode(accounts))
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
  local count = 0
  replace(function(accounts)
    local rest = without(accounts, base_url, username)
    count = #accounts - #rest
    return rest
  end)
  return count
end

return credentials
