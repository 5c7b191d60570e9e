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

--- What is missing here to print pages and read them, or nil.
function chromium.lacks_printing()
  if not shell.run "scripts/has.sh chromium" then return "there is no chromium" end
  if not shell.run "command -v pdftotext" then return "there is no pdftotext (Debian: poppler-utils)" end
end

--- Prints a page as a browser does: the text of each sheet of paper, and its width and height in millimetres.
---@param path string of an HTML file
---@return string[] pages
---@return { [1]: integer, [2]: integer } size
function chromium.print(path)
  local pdf = os.tmpname()
  chromium.open("file://" .. path, "--no-pdf-header-footer --print-to-pdf=" .. pdf)
  local pages = {}
  for page in shell.must(("pdftotext -layout %s -"):format(pdf)):gmatch "([^\f]*)\f" do pages[#pages + 1] = page end
  local width, height = shell.must("pdfinfo " .. pdf):match "Page size:%s+([%d.]+) x ([%d.]+)"
  os.remove(pdf)
  local function millimetres(points) return math.floor(points / 72 * 25.4 + 0.5) end
  return pages, { millimetres(width), millimetres(height) }
end

return chromium
