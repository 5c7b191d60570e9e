-- Headers that a caller adds, and what else each request takes along to its transport.
local imr = require "imr"
local world = require "support.world"

-- What a listing's requests were like.
local function requests(options)
  local seen = {}
  world.run({}, function(new)
    local real, given = new:transport(), { on_event = function() end, retries = 0 }
    for name, value in pairs(options) do given[name] = value end
    given.transport = function(request)
      seen[#seen + 1] = request
      return real(request)
    end
    seen.rows, seen.err = new:client(given):meters():collect()
  end)
  return seen
end

describe("option headers", function()
  it("adds them to every request, beside the client's own", function()
    local seen = requests { headers = { ["X-Tenant"] = "7", traceparent = "00-1-2-01" } }
    assert.equal(23, #seen.rows)
    assert.equal(2, #seen)
    for _, request in ipairs(seen) do
      assert.same({ ["X-Tenant"] = "7", traceparent = "00-1-2-01", Accept = "application/json",
        ["Content-Type"] = "application/json" }, request.headers)
    end
  end)

  it("may be a function of the call", function()
    local asked = {}
    local seen = requests { headers = function(call)
      asked[#asked + 1] = call.endpoint
      return call.endpoint == "meters" and { traceparent = "00-" .. #asked } or nil
    end }
    assert.same({ "login", "meters" }, asked)
    assert.is_nil(seen[1].headers.traceparent)
    assert.equal("00-2", seen[2].headers.traceparent)
  end)

  it("sends nothing with headers that are none, or of a function that raises", function()
    for expected, headers in pairs { ["headers must be a table, not a number"] = function() return 1 end,
      ["it raised: .*no trace"] = function() error "no trace" end,
      ["header X%-A must be one line of text"] = function() return { ["X-A"] = "a\r\nEvil: 1" } end,
      ["header Content%-Type is not the caller's to set"] = function() return { ["Content-Type"] = "x" } end } do
      local seen = requests { headers = headers }
      assert.equal(0, #seen)
      assert.same({ "request", "no", false }, { seen.err.kind, seen.err.executed, seen.err.retryable })
      assert.matches("the function in option 'headers': " .. expected, seen.err.message)
    end
  end)

  for what, headers in pairs { ["headers must be a table, not a string"] = "X: 1", ["a header's name must be a word"] =
    { ["X Y"] = "1" }, ["header host is not the caller's to set"] = { host = "x" },
    ["header X must be one line of text"] = { X = "SECRET\n" } } do
    it("refuses what is none: " .. what, function()
      local fine, problem = pcall(imr.new, { username = "u", password = "p", headers = headers })
      assert.is_false(fine)
      assert.matches("option 'headers' must be a function or a table of headers: " .. what, problem, 1, true)
      assert.is_nil(problem:find("SECRET", 1, true))
    end)
  end
end)

describe("the options of a connection", function()
  it("go to the transport with every request", function()
    local given = { ca_file = "ca", cert_file = "c", key_file = "k", tls_min = "1.3", server_name = "api.example",
      keepalive_timeout = 5, keepalive_pool = 3, max_body = 5000000, proxy = "", user_agent = "me/1" }
    for _, request in ipairs(requests(given)) do
      for name, value in pairs(given) do assert.equal(value, request[name], name) end
    end
  end)

  for name, wrong in pairs { tls_min = "1.1", server_name = "10.0.0.1", keepalive_timeout = 0, keepalive_pool = 0,
    cert_file = "" } do
    it("are checked: " .. name, function()
      local fine, problem = pcall(imr.new, { username = "u", password = "p", [name] = wrong })
      assert.is_false(fine)
      assert.matches("option '" .. name .. "' must be ", problem, 1, true)
    end)
  end
end)
