-- Answers that are hostile as HTTP: each a clear error within the deadline, in little memory, and the next call works.
local hostile = require "support.hostile"

local HEAD = "HTTP/1.1 200 OK\\r\\n"
local BODY = [['{"code":200,"msg":"ok","data":[]}']]

local function say(text)
  return ('c:send("%s")'):format(text)
end

local function headed(headers, rest)
  return ('c:send("%s%s\\r\\n" .. %s) %s'):format(HEAD, headers, BODY, rest or "c:close()")
end

-- name, what the server does, kind of a read's error, pattern of its message, options of imr.new
local cases = {
  { "an endless body", say(HEAD .. "\\r\\n") .. ' while c:send((" "):rep(65536)) do end', "protocol",
    "is larger than max_body" },
  { "endless chunks", say(HEAD .. "Transfer-Encoding: chunked\\r\\n\\r\\n")
    .. ' while c:send("10000\\r\\n" .. (" "):rep(65536) .. "\\r\\n") do end', "protocol", "is larger than max_body" },
  { "a chunk that says it is endless", say(HEAD .. "Transfer-Encoding: chunked\\r\\n\\r\\nFFFFFFFFFFFFFFFF\\r\\n")
    .. ' while c:send((" "):rep(65536)) do end', "protocol|network", "from 127" },
  { "a chunk whose size is none", say(HEAD .. "Transfer-Encoding: chunked\\r\\n\\r\\nhello\\r\\n") .. " c:close()",
    "network", "from 127" },
  { "100 MB announced and sent", say(HEAD .. "Content-Length: 104857600\\r\\n\\r\\n")
    .. ' for _ = 1, 1600 do if not c:send((" "):rep(65536)) then break end end', "protocol",
    "is larger than max_body" },
  { "one byte at a time", say(HEAD .. "Content-Length: 1000\\r\\n\\r\\n") .. ' while c:send(" ") do c:sleep(0.1) end',
    "timeout", "the whole answer did not come from 127.*within", { timeout = 1 } },
  { "headers one byte at a time", say(HEAD .. "X-Slow: ") .. ' while c:send("x") do c:sleep(0.1) end', "timeout",
    "the whole answer did not come from 127.*within", { timeout = 1 } },
  { "silence", "c:stall()", "timeout", "no answer from 127.*within", { timeout = 0.8 } },
  { "a flood of headers", say(HEAD)
    .. ' for i = 1, 1e6 do if not c:send("X-" .. i .. ": " .. ("x"):rep(100) .. "\\r\\n") then break end end',
    "protocol", "64 KiB of headers" },
  { "one endless header", say(HEAD .. "X-Long: ") .. ' while c:send(("x"):rep(65536)) do end', "protocol", "headers" },
  { "a flood of interim answers", 'while c:send("HTTP/1.1 100 Continue\\r\\n\\r\\n") do end', "protocol",
    "64 KiB of headers" },
  { "a length that is too small", headed("Content-Length: 10\\r\\n"), "protocol", "not the platform's" },
  { "a length that is too large", headed("Content-Length: 500\\r\\n"), "network",
    "closed before the end of the answer" },
  { "a length that is too large, and silence", headed("Content-Length: 500\\r\\n", "c:stall()"), "timeout",
    "the whole answer did not come", { timeout = 0.8 } },
  { "a negative length", headed("Content-Length: -5\\r\\n"), "protocol", "not valid HTTP" },
  { "HTTP/0.9", ("c:send(%s) c:close()"):format(BODY), "protocol", "not HTTP|not valid HTTP" },
  { "another protocol", say("SSH-2.0-OpenSSH_9.2\\r\\n"), "protocol", "not HTTP|not valid HTTP" },
  { "another version", 'c:send("HTTP/7.7 200 OK\\r\\n\\r\\n")', "protocol", "not HTTP|not valid HTTP" },
  -- To some versions of libcurl that is 200.
  { "a status of four digits", 'c:send("HTTP/1.1 2000 OK\\r\\nContent-Length: 0\\r\\n\\r\\n")', "protocol",
    "HTTP|not the platform's" },
  { "a packed body that is none", 'c:send(answer("not gzip at all", "Content-Encoding: gzip\\r\\n"))', "protocol",
    "could not unpack" },
  { "an encoding nobody asked for", 'c:send(answer("xyz", "Content-Encoding: br\\r\\n"))', "protocol",
    "could not unpack|not the platform's" },
  { "NUL bytes in a header", headed("X-Bad: a\\0b\\r\\nContent-Length: 32\\r\\n"), "protocol|network", "from 127" },
}

-- Redirects: never followed, whatever they name.
for _, target in ipairs { "file:///etc/passwd", "https://other.example/meter/meterList", "gopher://127.0.0.1:1/_x" } do
  cases[#cases + 1] = { "a redirect to " .. target,
    ('c:send(answer("", "Location: %s\\r\\n", "302 Found"))'):format(target), "http",
    "HTTP 302 redirects to " .. target:gsub("%p", "%%%0") .. ": not followed" }
end

cases[#cases + 1] = { "a redirect to an endless target",
  [[c:send(answer("", "Location: http://x/" .. ("a"):rep(60000) .. "\r\n", "302 Found"))]], "http",
  "^HTTP 302 redirects to http://x/a+: not followed" }

-- "a|b": either.
local function matches_one(text, patterns)
  for pattern in patterns:gmatch("[^|]+") do
    if text:find(pattern) then return true end
  end
end

describe("a server that answers with", function()
  local hostile_platform

  after_each(function()
    if hostile_platform then hostile_platform:stop() end
    hostile_platform = nil
  end)

  for _, case in ipairs(cases) do
    local name, script, kind, message, options = case[1], case[2], case[3], case[4], case[5]
    it(name .. " fails clearly, and the next call works", function()
      hostile_platform = hostile.start(script, options)
      local row, err = hostile_platform:read()
      assert.is_nil(row)
      assert.is_truthy(matches_one(err.kind, kind), tostring(err))
      assert.is_truthy(matches_one(err.message, message), tostring(err))
      assert.equal("maybe", err.executed, tostring(err))
      assert.is_true(#err.message < 5000, #err.message)
      local outcome, command_err = hostile_platform:command()
      assert.is_nil(outcome)
      assert.equal("maybe", command_err.executed)
      assert.equal("unknown_outcome", command_err.kind)
      assert.is_false(command_err.retryable)
      hostile_platform:assert_recovered()
    end)
  end
end)
