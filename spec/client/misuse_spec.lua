-- Wrong use raises at the caller's line, with a text that helps; nothing else raises.
local blamed = require "support.blamed"
local decimal = require "imr.decimal"
local imr = require "imr"
local testing = require "imr.testing"
local world = require "support.world"

local new = world.new {}
local client = new:client()
local good = { username = "u", password = "topsecret" }

local function with(options)
  local given = { username = good.username, password = good.password }
  for name, value in pairs(options) do given[name] = value end
  return given
end

local period = { from = "2025-07-06", to = "2025-07-08" }

local function dated(options)
  local given = { from = period.from, to = period.to }
  for name, value in pairs(options) do given[name] = value end
  return given
end

local check = blamed.block

check("imr.new", {
  { function() local _ = imr.new() end, "imr.new takes a table of options" },
  { function() local _ = imr.new("x") end, "imr.new takes a table of options" },
  { function() local _ = imr.new {} end, "is required" },
  { function() local _ = imr.new { username = "u" } end, "option 'password' is required" },
  { function() local _ = imr.new(with { pagesize = 5 }) end, "unknown option 'pagesize', did you mean 'page_size'?" },
  { function() local _ = imr.new(with { pasword = "x" }) end, "did you mean 'password'?" },
  { function() local _ = imr.new(with { baseurl = "x" }) end, "did you mean 'base_url'?" },
  { function() local _ = imr.new(with { qwertyuiop = 1 }) end, "unknown option 'qwertyuiop'" },
  { function() local _ = imr.new(with { "x" }) end, "unknown option '1'" },
  { function() local _ = imr.new(with { username = "" }) end, "option 'username' must be a non-empty string" },
  { function() local _ = imr.new(with { username = 5 }) end, "option 'username' must be a non-empty string, not 5" },
  { function() local _ = imr.new(with { password = 5 }) end, "must be a non-empty string, not a number" },
  { function() local _ = imr.new(with { base_url = "host" }) end, "option 'base_url' must be a URL" },
  { function() local _ = imr.new(with { base_url = "ftp://host" }) end, "option 'base_url' must be a URL" },
  { function() local _ = imr.new(with { base_url = "http://u:p@host" }) end, 'or fragment, not "http://…@host"' },
  { function() local _ = imr.new(with { base_url = "http://host?x=1" }) end, "without user, query or fragment" },
  { function() local _ = imr.new(with { base_url = "http://host/a b" }) end, "option 'base_url' must be a URL" },
  { function() local _ = imr.new(with { encoding = "xml" }) end, '"auto" or "json" or "form", not "xml"' },
  { function() local _ = imr.new(with { interval = -1 }) end, "option 'interval' must be a number of seconds, 0" },
  { function() local _ = imr.new(with { interval = "2" }) end, "option 'interval' must be a number of seconds" },
  { function() local _ = imr.new(with { interval = 0 / 0 }) end, "option 'interval' must be a number of seconds" },
  { function() local _ = imr.new(with { interval = math.huge }) end, "option 'interval' must be a number of seconds" },
  { function() local _ = imr.new(with { timeout = 0 }) end, "option 'timeout' must be a number of seconds above 0" },
  { function() local _ = imr.new(with { connect_timeout = -1 }) end, "option 'connect_timeout' must be a number" },
  { function() local _ = imr.new(with { retries = 1.5 }) end, "option 'retries' must be an integer from 0 to 100" },
  { function() local _ = imr.new(with { page_size = 0 }) end, "option 'page_size' must be an integer from 1" },
  { function() local _ = imr.new(with { page_size = 1001 }) end, "an integer from 1 to 1000, not 1001" },
  { function() local _ = imr.new(with { prefetch = -1 }) end, "option 'prefetch' must be an integer from 0 to 16" },
  { function() local _ = imr.new(with { decimals = "text" }) end, '"number" or "string", not "text"' },
  { function() local _ = imr.new(with { utc_offset = 8.5 }) end, "option 'utc_offset' must be an integer" },
  { function() local _ = imr.new(with { max_body = 1 }) end, "option 'max_body' must be an integer, 1024 or more" },
  { function() local _ = imr.new(with { ca_file = true }) end, "'ca_file' must be a non-empty string, not true" },
  { function() local _ = imr.new(with { proxy = 5 }) end, "option 'proxy' must be a URL" },
  { function() local _ = imr.new(with { user_agent = {} }) end, "option 'user_agent' must be a non-empty string" },
  { function() local _ = imr.new(with { store = "memory" }) end, "option 'store' must be a store" },
  { function() local _ = imr.new(with { transport = "http" }) end, [["curl", "resty" or a function, not "http"]] },
  { function() local _ = imr.new(with { on_event = "print" }) end, "option 'on_event' must be a function" },
  { function() local _ = imr.new(with { runtime = 1 }) end, "option 'runtime' must be a runtime" },
  { function() local _ = imr.new(with { runtime = {} }) end, "option 'runtime' must be a runtime" },
  { function() local _ = imr.new(with { interval = 2 ^ 53 }) end, "option 'interval' must be a number of seconds" },
  { function() local _ = imr.new(with { interval = 1e-300 }) end, "option 'interval' must be a number of seconds" },
})

check("a listing", {
  { function() client:meters("x") end, "meters takes a table of parameters, not a string" },
  { function() client:meters { pagesize = 5 } end, "unknown option 'pagesize', did you mean 'page_size'?" },
  { function() client:meters { meter = "1" } end, "unknown option 'meter'" },
  { function() client:meters { page_size = 0 } end, "page_size" },
  { function() client:meters { page_size = 1001 } end, "page_size" },
  { function() client:meters { page_size = "5" } end, "page_size" },
  { function() client:meters { max_wait = -1 } end, "max_wait" },
  { function() client:meters { deadline = "soon" } end, "deadline" },
  { function() client:meters { decimals = "text" } end, "decimals" },
  { function() client:meters { incomplete = "maybe" } end, "incomplete" },
  { function() client:latest_readings { meter = 20205 } end, "meter" },
  { function() client:latest_readings { meters = { "1" } } end, "did you mean 'meter'?" },
  { function() client:readings() end, "from" },
  { function() client:readings { from = "2025-07-06" } end, "to" },
  { function() client:readings { form = "2025-07-06", to = "2025-07-08" } end, "did you mean 'from'?" },
  { function() client:readings(dated { from = "06.07.2025" }) end, "from" },
  { function() client:readings(dated { from = "2025-02-30" }) end, "from" },
  { function() client:readings(dated { to = true }) end, "to" },
  { function() client:readings(dated { meters = 5 }) end, "meters" },
  { function() client:readings(dated { meters = { 5 } }) end, "meters" },
  { function() client:readings(dated { meters = { "1,2" } }) end, "meters" },
  { function() client:consumption(period) end, "granularity" },
  { function() client:consumption(dated { granularity = {} }) end, "granularity" },
  { function() client:consumption(dated { granularity = "daily", meters = "1" }) end, "did you mean 'meter'?" },
  { function() client:tou_readings { to = "2025-07-08" } end, "from" },
  { function() client:tou_readings(dated { meter = "1" }) end, "did you mean 'meters'?" },
  { function() client:camera_readings { from = 1 } end, "to" },
  { function() client:camera_readings(dated { page_size = 2.5 }) end, "page_size" },
})

check("a single record", {
  { function() client:meter() end, "a meter number is a string with its leading zeros, not a nil" },
  { function() client:meter(20205) end, "a meter number is a string with its leading zeros, not a number" },
  { function() client:meter("") end, "a meter number is a string with its leading zeros, not empty" },
  { function() client:meter("1", { pagesize = 1 }) end, "did you mean 'page_size'?" },
  { function() client:meter("1", "x") end, "takes a table of parameters, not a string" },
  { function() client:latest_reading(1) end, "a meter number is a string" },
  { function() client:latest_reading("1", { deadlin = 1 }) end, "did you mean 'deadline'?" },
  { function() client:latest_reading("1", { meter = "2" }) end, "takes the meter as its first argument" },
  { function() client:latest_reading("1", "x") end, "takes a table of parameters, not a string" },
})

check("a command", {
  { function() client:disconnect() end, "device_id" },
  { function() client:disconnect("") end, "device_id" },
  { function() client:reconnect(5) end, "device_id" },
  { function() client:request_reading({}) end, "device_id" },
  { function() client:disconnect("1", true) end, "a command's options are a table, not a boolean" },
  { function() client:disconnect("1", { confrim = true }) end, "unknown option 'confrim', did you mean 'confirm'?" },
  { function() client:reconnect("1", { confirm = "yes" }) end, "option 'confirm' must be a boolean" },
  { function() client:reconnect("1", { deadline = -1 }) end, "option 'deadline' must be a number, at least 0" },
  { function() client:request_reading("1", { max_wait = 0 / 0 }) end, "option 'max_wait' must be a number" },
  { function() client:request_reading("1", { meter = 5 }) end, "option 'meter' must be a string" },
})

check("a method on something else", {
  { function() client.meters { page_size = 5 } end, "a client's method is called with a colon" },
  { function() client.readings(dated {}) end, "a client's method is called with a colon" },
  { function() client.meter("1") end, "a client's method is called with a colon" },
  { function() client.latest_reading("1") end, "a client's method is called with a colon" },
  { function() client.disconnect("1") end, "a client's method is called with a colon" },
  { function() client.login() end, "a client's method is called with a colon" },
  { function() client.spacing("meters") end, "a client's method is called with a colon" },
  { function() client.stats() end, "a client's method is called with a colon" },
  { function() client.close(world) end, "a client's method is called with a colon" },
  { function() client:meters().next() end, "a cursor's method is called with a colon" },
  { function() client:meters().pages(client) end, "a cursor's method is called with a colon" },
  { function() client:meters().collect() end, "a cursor's method is called with a colon" },
  { function() client:meters().close() end, "a cursor's method is called with a colon" },
  { function() new.now() end, "a world's method is called with a colon" },
  { function() new.run(print) end, "a world's method is called with a colon" },
  { function() decimal.zero.number() end, "a decimal's method is called with a colon" },
  { function() decimal.zero.abs("1") end, "a decimal's method is called with a colon" },
  { function() decimal.zero.is_zero() end, "a decimal's method is called with a colon" },
})

check("a decimal", {
  { function() local _ = decimal.zero + 1 end, "a decimal and a number" },
  { function() local _ = 1 - decimal.zero end, "a decimal and a number" },
  { function() local _ = decimal.zero * {} end, "a decimal and a table" },
  { function() local _ = decimal.zero < 1 end, "number" }, -- LuaJIT does not ask us
  { function() local _ = nil <= decimal.zero end, "nil" },
  { function() local _ = decimal.of(5) end, "'5' is no decimal number" },
  { function() local _ = decimal.power("x") end, "decimal.power takes an integer" },
  { function() local _ = decimal.power(1.5) end, "decimal.power takes an integer" },
  { function() local _ = decimal.power(1 / 0) end, "decimal.power takes an integer" },
})

check("a time", {
  { function() local _ = imr.time.parse() end, "time.parse: text must be a string, not a nil" },
  { function() local _ = imr.time.parse({}) end, "time.parse: text must be a string, not a table" },
  { function() local _ = imr.time.parse("2025-07-06", "8") end, "time.parse: utc_offset must be a number" },
  { function() local _ = imr.time.format("x") end, "time.format: seconds must be a number" },
})

check("imr.testing", {
  { function() local _ = testing.new(5) end, "testing.new takes a table of options, not a number" },
  { function() local _ = testing.new { metres = 5 } end, "unknown simulator option 'metres', did you mean 'meters'?" },
  { function() local _ = testing.new { meters = -1 } end, "simulator option 'meters'" },
  { function() local _ = testing.new { network = "far" } end, "option 'network' must be a number of seconds" },
  { function() local _ = new:client(5) end, "world:client takes a table of options, not a number" },
  { function() local _ = new:client { pagesize = 5 } end, "did you mean 'page_size'?" },
  { function() new:run(5) end, "world:run takes a function, not a number" },
  { function() new:sleep("long") end, "world:sleep takes seconds" },
  { function() new:sleep(0 / 0) end, "world:sleep takes seconds" },
})

check("the rest", {
  { function() client:login("x") end, "login takes a table of parameters, not a string" },
  { function() client:login { deadlin = 5 } end, "unknown option 'deadlin', did you mean 'deadline'?" },
  { function() client:login { deadline = "soon" } end, "deadline" },
  { function() imr.all() end, "imr.all takes a list of functions" },
  { function() imr.all { 5 } end, "imr.all takes a list of functions" },
  { function() imr.all { print, "x" } end, "imr.all takes a list of functions" },
  { function() imr.run() end, "imr.run takes a function" },
  { function() imr.run("x") end, "imr.run takes a function" },
})

it("compares a decimal with any other table", function()
  assert.is_false(decimal.zero == {})
end)

describe("wrong use", function()
  it("never shows a password", function()
    local _, raised = pcall(imr.new, { username = "u", password = { "topsecret" } })
    assert.is_nil(raised:find("topsecret", 1, true))
    _, raised = pcall(imr.new, with { proxy = 12345678 })
    assert.is_nil(raised:find("12345678", 1, true))
  end)

  it("sends nothing", function()
    assert.equal(0, #new.platform.log)
  end)

  it("leaves the caller's tables as they were", function()
    local parameters, options = { page_size = 5 }, with { interval = 1 }
    client:meters(parameters)
    imr.new(options)
    assert.same({ page_size = 5 }, parameters)
    assert.same({ username = "u", password = "topsecret", interval = 1 }, options)
  end)
end)

describe("nothing else raises:", function()
  it("errors of every kind are returned", function()
    for _, fault in ipairs { "drop_before", "drop_after", "502", "html", "truncate", "1001", "stall" } do
      world.run({ faults = { [fault] = 1 } }, function(broken)
        local caller = broken:client { retries = 0, timeout = 1 }
        assert.is_nil((caller:login()))
        for _, name in ipairs(world.listings) do assert.is_nil((world.open(caller, name):collect())) end
        assert.is_nil((caller:meter("1")))
        assert.is_nil((caller:disconnect("1")))
      end)
    end
  end)

  it("an on_event that raises harms nothing, and is warned of", function()
    local warn, stderr, said = rawget(_G, "warn"), io.stderr, {}
    rawset(_G, "warn", warn and function(...) said[#said + 1] = table.concat({ ... }) end)
    io.stderr = { write = function(_, ...) said[#said + 1] = table.concat({ ... }) end } -- luacheck: ignore 122
    local fine, problem = pcall(world.run, { totals = "wrong_high" }, function(quiet)
      local caller = quiet:client { page_size = 5, on_event = function() error("ouch") end }
      assert.same(world.truth({}, "meters"), world.keys(caller:meters():collect()))
    end)
    rawset(_G, "warn", warn)
    io.stderr = stderr -- luacheck: ignore 122
    assert(fine, problem)
    assert.matches("on_event raised: .*ouch", said[1])
  end)

  it("a transport that raises is an error like others", function()
    world.run({}, function(broken)
      local caller = broken:client { retries = 0, transport = function() error("ouch") end }
      local rows, err = caller:meters():collect()
      assert.is_nil(rows)
      assert.matches("ouch", err.message, 1, true)
    end)
  end)

  it("a transport that returns nonsense is an error like others", function()
    local cases = { {}, { 200 }, { "200", "{}" }, { 200, 5 }, { 200, "{}", "x" }, { nil, 5 }, { true },
      { 404.5, "{}" } }
    for _, answers in ipairs(cases) do
      world.run({}, function(broken)
        local caller = broken:client { retries = 0, transport = function()
          return (table.unpack or unpack)(answers, 1, 3)
        end }
        local rows, err = caller:meters():collect()
        assert.same({ nil, "table" }, { rows, type(err) })
      end)
    end
  end)

  it("headers that are no texts, or lists of them as nginx gives what came twice, harm nothing", function()
    local values = { true, {}, { {} }, 5, { "Wed, 09 Jul 2025 02:40:00 GMT", "Wed, 09 Jul 2025 02:40:01 GMT" } }
    for _, status in ipairs { 200, 302, 503 } do
      for index, value in ipairs(values) do
        world.run({}, function(odd)
          local headers = { date = value, location = value, ["retry-after"] = value }
          local caller = odd:client { retries = 0, transport = function(request)
            return request.command and status or 200, '{"code":200,"data":"a-token"}', headers
          end }
          local outcome, err = caller:disconnect("1")
          if status == 200 then
            assert.equal(index == #values and 1752028801 or nil, outcome.platform_time)
          else
            assert.equal(status, err.http_status)
            assert.equal(value == 5 and 5 or nil, err.retry_after)
          end
        end)
      end
    end
  end)
end)

describe("a world's transport", function()
  it("says of what is no request that it has not left", function()
    for _, request in ipairs { {}, "", { url = "http://x/y", headers = {}, body = "" } } do
      local status, problem = testing.new():transport()(request)
      assert.same({ nil, "usage", "no" }, { status, problem.kind, problem.executed })
      assert.matches("a transport takes a request whose ", problem.message, 1, true)
    end
  end)
end)
