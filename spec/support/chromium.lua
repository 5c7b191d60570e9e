-- A headless Chromium: what it makes of a page, and what its console says.
local shell = require "support.shell"

local chromium = {}

local FLAGS = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-sync"
  .. " --disable-background-networking --disable-component-update --disable-dev-shm-usage"
  .. " --enable-logging=stderr --v=0"

--- Opens a page.
---@param url string
---@param more? string flags instead of --dump-dom
---@return string printed the page as it stands in the end, by default
---@return string[] console
function chromium.open(url, more)
  local profile = shell.scratch()
  local command = ("timeout 240 chromium %s --user-data-dir=%s --virtual-time-budget=8000 %s %s 2>%s/log"):format(
    FLAGS, profile, more or "--dump-dom", url, profile)
  local _, dom = shell.run(command)
  local log = assert(io.open(profile .. "/log"))
  local console = {}
  for line in log:lines() do
    if line:find("CONSOLE", 1, true) then console[#console + 1] = line end
  end
  log:close()
  shell.must("rm -rf " .. profile)
  return dom, console
end

return chromium
