-- Transports: how a request's bytes travel.
--
-- A transport is called with { url, method, headers, body, timeout, connect_timeout, command, max_body, ca_file,
-- proxy, user_agent } (times in seconds; `command` true: never repeat it, never on a reused connection) and returns
-- status, body, headers (lower-case names, optional), or nil and an error: a text, or { kind =
-- "network"|"timeout"|"protocol", message =, executed = "no"|"maybe" }, where "no" says that not a byte of the
-- request has left. It waits through the runtime, follows no redirect and repeats nothing.

local transport = {}

-- lua-resty-http where it can be loaded, unless a file is named that only libcurl can be told to trust.
local function default_choice(ca_file)
  if not rawget(_G, "ngx") or ca_file then return "curl" end
  return require("imr.transport.resty").is_there() and "resty" or "curl"
end

---The transport for the option `choice` of imr.new.
---@param choice nil|"curl"|"resty"|function|table
---@param fixed? table a runtime to wait in; else the one of the moment
---@param ca_file? string
function transport.choose(choice, fixed, ca_file)
  choice = choice or default_choice(ca_file)
  if choice == "curl" then return require("imr.transport.curl").new(fixed) end
  if choice == "resty" then return require("imr.transport.resty").new(fixed) end
  return choice
end

return transport
