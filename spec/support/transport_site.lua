-- An nginx in which requests go over either transport, with certificates for servers of a spec.
local certificate = require "support.certificate"
local shell = require "support.shell"
local site = require "support.site"

local transport_site = {}

local SEND = [[
  local transport, request = ...
  local ends = request.interrupted
  request.interrupted = ends and function() return true end or nil
  local status, body, headers, sent_after = require("imr.transport." .. transport).new()(request)
  return status, body, headers, sent_after
]]

--- Starts one. Its `scratch` holds right.pem (localhost and 127.0.0.1), other.pem (another name, trusted too) and
-- stranger.pem, which nobody trusts.
---@param resolver_port? integer
function transport_site.start(resolver_port)
  local scratch = shell.scratch()
  shell.must("chmod 755 " .. scratch)
  certificate(scratch, "right", "DNS:localhost,IP:127.0.0.1")
  certificate(scratch, "other", "DNS:other.example")
  certificate(scratch, "stranger", "DNS:localhost")
  shell.must(("cat %s/right.pem %s/other.pem >%s/trusted.pem"):format(scratch, scratch, scratch))
  return site.start {
    scratch = scratch,
    http = ("lua_ssl_trusted_certificate %s/trusted.pem; resolver 127.0.0.1:%d ipv6=off;"):format(scratch,
      resolver_port or 1),
  }
end

--- Sends one request in a worker.
---@return integer|nil status
---@return string|table body
function transport_site.send(server, transport, request)
  request.body = request.body or "{}"
  return server:run(SEND, transport, request)
end

return transport_site
