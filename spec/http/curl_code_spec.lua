-- Codes of libcurl, also those that the one installed here does not know.
local native = require "support.native"
local process = require "support.process"
local shell = require "support.shell"
local wire = require "support.wire"

-- A transfer that has ended well has ended with the code that CURL_CODE names.
local PRETEND = [[
#include <curl/curl.h>
#include <dlfcn.h>
#include <stdlib.h>
CURLMsg *curl_multi_info_read(CURLM *multi, int *left) {
  static CURLMsg told;
  CURLMsg *(*real)(CURLM *, int *);
  const char *code = getenv("CURL_CODE");
  CURLMsg *message;
  *(void **)&real = dlsym(RTLD_NEXT, "curl_multi_info_read");
  message = real(multi, left);
  if (!message || !code || message->data.result != CURLE_OK) return message;
  told = *message;
  told.data.result = (CURLcode)atoi(code);
  return &told;
}
]]

local PROGRAM = [[
  local curl, fetch = require "imr.curl", require "support.fetch"
  local multi = curl.multi()
  local status, err = fetch.get(multi, { url = %q, body = "x" })
  print(status, err.kind, err.executed, err.message)
]]

describe("libcurl's code", function()
  local library, directory, server

  setup(function()
    library, directory = native.preload(PRETEND,
      "$(pkg-config --cflags libcurl) -Wl,--no-as-needed $(pkg-config --libs libcurl) ")
    server = wire.start([[for r in c.request, c do c:send(answer("y")) end]])
  end)
  teardown(function()
    server:stop()
    shell.must("rm -r " .. directory)
  end)

  local function fail_with(code)
    local env = { LD_PRELOAD = library, CURL_CODE = tostring(code) }
    local ok, output = process.lua(PROGRAM:format(server.url), { env = env })
    assert.is_true(ok, output)
    return output:match("^(%S+)%s+(%S+)%s+(%S+)%s+(.-)\n")
  end

  local cases = {
    { 8, "protocol", "not valid HTTP" }, { 27, "protocol", "headers too long" }, { 63, "protocol", "too large" },
    { 100, "protocol", "^headers, .* too large in the answer from 127.0.0.1:%d+: .*%a" },
    { 35, "network", "no TLS" }, { 91, "network", "no TLS" }, { 98, "network", "no TLS" }, { 101, "network", "no TLS" },
    { 23, "protocol", "^more follows behind the end of the packed answer from 127.0.0.1:%d+$" },
    { 2, "network", "could not begin the request" }, { 45, "network", "no network interface" },
    { 65, "network", "could not be sent again" }, { 42, "network", "closed before an answer" },
    { 56, "network", "broke" }, { 97, "network", "no way through the proxy" },
    { 199, "protocol",
      "^libcurl cannot use the answer from 127.0.0.1:%d+: .*%a" },
  }
  for _, case in ipairs(cases) do
    it(("%d is %s"):format(case[1], case[2]), function()
      local status, kind, executed, message = fail_with(case[1])
      assert.equal("nil", status)
      assert.equal(case[2], kind, message)
      assert.equal("maybe", executed)
      assert.truthy(message:find(case[3]), message)
    end)
  end
end)
