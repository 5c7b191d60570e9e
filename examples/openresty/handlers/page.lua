-- GET /: the page. It holds no secret: it asks for the access token once and keeps it for as long as its tab is open.

local app = require "app"

local page = {}

local function read_page()
  local directory = debug.getinfo(1, "S").source:match("^@(.*)handlers/page%.lua$")
  local file = assert(io.open(directory .. "page.html"))
  local text = file:read("*a")
  file:close()
  return text
end

local text = read_page()

local POLICY = "default-src 'none'; connect-src 'self'; img-src data:; script-src 'nonce-%s'; style-src 'nonce-%s'; "
  .. "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

function page.serve()
  if not app.allow "GET" then return end
  local once = ngx.var.request_id -- random: only what this answer brought itself may run in the page
  ngx.header["Content-Type"] = "text/html; charset=utf-8"
  ngx.header["Content-Security-Policy"] = POLICY:format(once, once)
  ngx.header["X-Content-Type-Options"] = "nosniff"
  ngx.header["Referrer-Policy"] = "no-referrer"
  ngx.header["Cache-Control"] = "no-cache"
  ngx.print((text:gsub("NONCE", once)))
end

return page
