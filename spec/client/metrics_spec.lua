-- What a client tells of itself, and the text of it that Prometheus reads.
local cjson = require "cjson"
local imr = require "imr"
local world = require "support.world"

-- The rules of the text format (version 0.0.4): a HELP and a TYPE line before each family, its lines together, each
-- series once; names, labels and numbers as they have to be; of a histogram buckets that only rise up to +Inf, which
-- is the count.
local function parse(text)
  assert.equal("\n", text:sub(-1))
  local values, family, families = {}, nil, {}
  for line in text:gmatch("([^\n]*)\n") do
    local told, rest = line:match("^# HELP ([%a_:][%w_:]*) (.+)$")
    if told then
      assert.is_nil(families[told], told)
      family = { name = told, help = rest }
      families[told] = family
    elseif line:find("^# TYPE") then
      local name, kind = line:match("^# TYPE ([%a_:][%w_:]*) (%a+)$")
      assert.equal(family.name, name)
      assert.is_true(kind == "counter" or kind == "gauge" or kind == "histogram", line)
      family.type = kind
    else
      local name, labels, value = line:match("^([%a_:][%w_:]*){(.*)} (%S+)$")
      if not name then name, labels, value = line:match "^([%a_:][%w_:]*)() (%S+)$" end
      assert.truthy(name, line)
      local own = name:gsub("_bucket$", ""):gsub("_sum$", ""):gsub("_count$", "")
      assert.is_true(name == family.name or family.type == "histogram" and own == family.name, line)
      for label in tostring(labels):gmatch('([^,=]+)="[^"]*"') do assert.matches("^[%a_][%w_]*$", label) end
      local series = line:match "^(.*) %S+$"
      assert.is_nil(values[series], line)
      assert.truthy(tonumber(value), line)
      values[series] = tonumber(value)
    end
  end
  return values, families
end

-- Three pages, of which the second is asked for twice.
local function listing(options)
  local found = {}
  world.run({ latency = 0.3, on_request = world.script("meterList", { false, { status = 503 } }) }, function(new)
    local client = new:client(options)
    assert(client:meters({ page_size = 10 }):collect())
    found.client, found.metrics, found.text = client, client:metrics(), imr.metrics.prometheus(client)
    found.twice = imr.metrics.prometheus(client, new:client { username = 'a "\\b' }, client)
  end)
  return found
end

describe("client:metrics()", function()
  it("counts requests, repetitions, rows and how long each took", function()
    local found = listing { latency_buckets = { 0.01, 0.5 } }
    local meters = found.metrics.endpoints.meters
    assert.same({ 4, 1, 1, 23, 0, 0 }, { meters.requests, meters.retries, meters.errors, meters.rows, meters.in_flight,
      meters.queue })
    assert.same({ 4, { { le = 0.01, count = 0 }, { le = 0.5, count = 4 } } }, { meters.latency.count,
      meters.latency.buckets })
    assert.is_near(1.3, meters.latency.sum, 0.2)
    assert.equal("demo", found.metrics.account)
  end)

  it("tells who waits, for how long, and what is under way", function()
    world.run({ latency = 1 }, function(new)
      local client, during = new:client(), nil
      local works = {}
      for index = 1, 5 do works[index] = function() return client:meter "000100000001" end end
      works[6] = function()
        new:sleep(1.5) -- the login took a second
        during = client:metrics().endpoints.meters
      end
      imr.all(works)
      assert.equal(1, during.in_flight)
      assert.equal(4, during.queue)
      assert.is_true(during.next_slot == nil or during.next_slot > 0 and during.next_slot <= 2.05)
      local after = client:metrics().endpoints.meters
      assert.same({ 0, 0 }, { after.in_flight, after.queue })
    end)
  end)

  it("forgets a request that was cut off", function()
    world.run({ latency = 10 }, function(new)
      local client = new:client()
      imr.all { function() client:login() end, function()
        new:sleep(1)
        assert.equal(1, client:stats().endpoints.login.in_flight)
        client:close()
      end }
      assert.equal(0, client:stats().endpoints.login.in_flight)
    end)
  end)

  it("can be encoded as JSON, and codes be asked for by number", function()
    local metrics = listing().metrics
    local again = cjson.decode(cjson.encode(metrics))
    assert.equal(4, again.codes["200"])
    assert.equal(4, metrics.codes[200])
    assert.is_nil(metrics.codes[1011])
  end)

  for wrong, value in pairs { ["falls"] = { 2, 1 }, ["has a hole"] = { 1, nil, 3 }, ["is no list"] = { a = 1 },
    ["is text"] = { "1" }, ["never ends"] = { math.huge }, ["is a number"] = 1 } do
    it("refuses buckets where the list " .. wrong, function()
      local fine, problem = pcall(imr.new, { username = "u", password = "p", latency_buckets = value })
      assert.is_false(fine)
      assert.matches("option 'latency_buckets' must be a list of seconds that rise", problem, 1, true)
    end)
  end
end)

describe("imr.metrics.prometheus", function()
  it("writes text that holds to the format's rules", function()
    local values, families = parse(listing().text)
    assert.equal("histogram", families.imr_request_duration_seconds.type)
    assert.equal(4, values['imr_requests_total{account="demo",endpoint="meters"}'])
    assert.equal(1, values['imr_retries_total{account="demo",endpoint="meters"}'])
    assert.equal(23, values['imr_rows_total{account="demo",endpoint="meters"}'])
    assert.equal(4, values['imr_answers_total{account="demo",code="200"}'])
    assert.equal(1, values['imr_logins_total{account="demo"}'])
    local series = 'imr_request_duration_seconds_%s{account="demo",endpoint="meters"%s}'
    assert.equal(4, values[series:format("count", "")])
    assert.equal(4, values[series:format("bucket", ',le="+Inf"')])
    assert.is_true(values[series:format("bucket", ',le="0.2"')] <= values[series:format("bucket", ',le="0.5"')])
  end)

  it("adds up clients of one account, and escapes what a label may not hold", function()
    local found = listing()
    local values = parse(found.twice)
    assert.equal(8, values['imr_requests_total{account="demo",endpoint="meters"}'])
    assert.equal(8, values['imr_request_duration_seconds_count{account="demo",endpoint="meters"}'])
    assert.truthy(found.twice:find('imr_logins_total{account="a \\"\\\\b"} 0\n', 1, true))
  end)

  it("tells wrong use at the caller's line", function()
    for _, wrong in ipairs { { "prometheus", {} }, { "samples", 1 }, { "format" }, { "format", { {} } },
      { "format", { { family = "imr_logins_total", suffix = "", labels = { 1 }, value = 1 } } } } do
      local fine, problem = pcall(function()
        imr.metrics[wrong[1]](wrong[2])
      end)
      assert.is_false(fine)
      assert.matches("^%S*metrics_spec.lua:%d+: imr%.metrics", problem)
    end
  end)

  it("has no secret", function()
    assert.is_nil(listing().text:find("demo-secret", 1, true))
  end)
end)
