-- Password, token and what the token's Base64 holds appear in nothing that leaves the client.
local imr = require "imr"
local world = require "support.world"
local cjson = require "cjson"

local PASSWORD = 'Zq"7/\\&+ <9密𠮷x%41'
local USERNAME = "demo"

local function percent(text, format)
  return (text:gsub("[^%w]", function(byte) return (format):format(byte:byte()) end))
end

local function html(text)
  return (text:gsub("[&<\"]", { ["&"] = "&amp;", ["<"] = "&lt;", ['"'] = "&#34;" }))
end

local function references(text, letters)
  return (html(text):gsub("[\194-\244][\128-\191]+", letters))
end

local function escaped(text) return (cjson.encode(text):sub(2, -2)) end
local function php(text) return (escaped(text):gsub("密", "\\u5bc6"):gsub("𠮷", "\\ud842\\udfb7")) end
local function java(text) return (escaped(text):gsub("\\/", "/"):gsub("[&<+=]", { ["&"] = "\\u0026",
  ["<"] = "\\u003c", ["+"] = "\\u002b", ["="] = "\\u003d" })) end

local ways = {
  ["as it is"] = function(text) return text end,
  ["in a URL"] = function(text) return percent(text, "%%%02X") end,
  ["in a URL in lower case"] = function(text) return percent(text, "%%%02x") end,
  ["in a form"] = function(text) return (percent(text, "%%%02X"):gsub("%%20", "+")) end,
  ["in JSON"] = escaped,
  ["in JSON, all ASCII"] = php,
  ["in JSON, cautious"] = java,
  ["in HTML"] = html,
  ["in HTML, all ASCII"] = function(text) return references(text, { ["密"] = "&#23494;", ["𠮷"] = "&#134071;" }) end,
  ["in HTML, in hexadecimal"] = function(text)
    return references(text, { ["密"] = "&#x5BC6;", ["𠮷"] = "&#x00020bb7" })
  end,
  ["in HTML of 16 bits"] = function(text)
    return references(text, { ["密"] = "&#23494", ["𠮷"] = "&#55362;&#57271;" })
  end,
}

-- The secrets in every spelling.
local function spelled(secrets)
  local list = {}
  for _, secret in ipairs(secrets) do
    for _, spell in pairs(ways) do list[#list + 1] = spell(secret) end
  end
  return list
end

local function assert_clean(text, secrets, where)
  for _, secret in ipairs(secrets) do
    if text:find(secret, 1, true) then error(where .. " shows a secret: " .. text, 0) end
  end
end

describe("a store that repeats what it was given", function()
  it("brings no token and no password into an error or an event", function()
    local said = {}
    local store = imr.store.memory()
    local function repeats(_, _, what)
      local arguments = type(what) == "table" and what.token or PASSWORD
      return nil, "ERR unknown command, with args beginning with: " .. arguments
    end
    local function client(method)
      local own = setmetatable({ [method] = repeats }, { __index = store })
      return imr.new { username = USERNAME, password = PASSWORD, interval = 0, retries = 0, store = own,
        transport = function() return 200, '{"code":200,"data":"a-token-of-its-own"}', {} end,
        on_event = function(event) said[#said + 1] = event.message end }
    end
    client("put_token"):login()
    said[#said + 1] = select(2, client("get_token"):login()).message
    assert.equal(2, #said)
    for _, text in ipairs(said) do
      assert.matches("unknown command", text, 1, true)
      assert_clean(text, { PASSWORD, "a-token-of-its-own" }, "a store's message")
    end
  end)
end)

-- Every text in a value: fields, keys, metatables, tostring; not upvalues.
local function assert_clean_all(value, secrets, where, seen)
  seen = seen or {}
  if type(value) == "string" then return assert_clean(value, secrets, where) end
  if value == nil or seen[value] or type(value) == "function" then return end
  seen[value] = true
  assert_clean(tostring(value), secrets, "tostring of " .. where)
  if type(value) == "table" then
    for key, item in pairs(value) do
      assert_clean_all(key, secrets, where .. "'s key", seen)
      assert_clean_all(item, secrets, where .. "." .. tostring(key), seen)
    end
  end
  if type(value) ~= "string" then assert_clean_all(getmetatable(value), secrets, where .. "'s metatable", seen) end
end

-- A platform whose token is the vendor's: Base64 with the password in it. It answers the login, then `answer(token)`.
local function echoing(answer)
  local new, token
  new = world.new { password = PASSWORD }
  new.platform.settings.on_request = function(request, now)
    if request.path:find("login", 1, true) then
      local given = cjson.decode(request.body)
      local _, made = new.platform.accounts:login(given.admin_user_name, given.api_password, now, now)
      token = made
      return { code = 200, data = made }
    end
    return answer(token)
  end
  return new, function() return token end
end

-- Everything that a client with such a platform shows.
local function shown(answer, calls)
  local new, token_of = echoing(answer)
  local things = { events = {} }
  new:run(function()
    local client = new:client { password = PASSWORD, retries = 1, page_size = 5,
      on_event = function(event) table.insert(things.events, event) end }
    things.client = client
    things.results = { calls(client, new) }
    things.stats = client:stats()
  end)
  local token = token_of()
  local content = require("mime").unb64(token)
  return things, spelled { PASSWORD, token, token:sub(1, 40), token:sub(-60), content, escaped(PASSWORD) }
end

local function read_and_command(client, new)
  local rows, err = client:meters():collect()
  local outcome, problem = client:disconnect(new.platform:meter(1).device)
  return rows, err, outcome, problem, tostring(err), "" .. tostring(problem)
end

describe("no secret is shown when it is echoed", function()
  local function words(token)
    return token .. " " .. PASSWORD .. " " .. require("mime").unb64(token) .. " " .. token:sub(1, 60)
  end

  for way, spell in pairs(ways) do
    local answers = {
      ["msg"] = function(token) return { code = 1009, msg = spell(words(token)) } end,
      ["a code that is not known"] = function(token) return { code = 77, msg = spell(words(token)) } end,
      ["HTML with HTTP 502"] = function(token) return { status = 502, body = "<p>" .. spell(words(token)) } end,
      ["a body that is not JSON"] = function(token) return { body = spell(words(token)) } end,
      ["JSON that breaks off"] = function(token) return { body = '{"code":200,"data":[{"' .. spell(words(token)) } end,
      ["data of a wrong kind"] = function(token) return { body = cjson.encode { code = 200, data = words(token) } } end,
      ["a redirect's target"] = function(token)
        return { status = 302, body = "", headers = { location = "https://x/?t=" .. spell(words(token)) } }
      end,
    }
    for place, answer in pairs(answers) do
      it(("%s, %s"):format(way, place), function()
        local things, secrets = shown(answer, read_and_command)
        assert.is_true(#things.events >= 3)
        assert_clean_all(things, secrets, "it")
      end)
    end
  end

  it("behind blanks that the excerpt leaves out, cut anywhere", function()
    for length = 4096 - 300, 4096, 7 do
      local things, secrets = shown(function(token)
        return { status = 500, body = (" "):rep(length) .. PASSWORD .. token .. ("x"):rep(500) }
      end, read_and_command)
      for part = 4, #PASSWORD - 1 do secrets[#secrets + 1] = PASSWORD:sub(1, part) end
      assert_clean_all(things, secrets, "it")
    end
  end)

  it("to a client that has the token from another one", function()
    local new, token_of = echoing(function(token) return { code = 1009, msg = token } end)
    new:run(function()
      local store = imr.store.memory()
      assert(new:client { password = PASSWORD, store = store }:login())
      local _, err = new:client { password = PASSWORD, store = store }:meters():collect()
      assert_clean_all(err, { token_of() }, "error")
    end)
  end)

  it("by a transport", function()
    local new = world.new { password = PASSWORD }
    new:run(function()
      for _, raises in ipairs { true, false } do
        local client = new:client { password = PASSWORD, retries = 0, transport = function(request)
          if raises then error("failed to send " .. request.body) end
          return nil, { kind = "network", message = "failed to send " .. request.body }
        end }
        local _, err = client:login()
        assert_clean_all(err, spelled { PASSWORD }, "error")
      end
    end)
  end)
end)

describe("no secret is in", function()
  -- An ordinary day: listings, commands, a refused token, 1011, faults.
  local function day(fn)
    local faults = { html = 0.1, ["1001"] = 0.1, ["1011"] = 0.1, drop_after = 0.1 }
    local new = world.new { password = PASSWORD, faults = faults, token_life = 30, totals = "wrong_high" }
    local things = { events = {} }
    new:run(function()
      local store, tokens = imr.store.memory(), {}
      local inner = new:transport()
      local client = new:client { password = PASSWORD, page_size = 5, store = store,
        transport = function(request)
          local token = cjson.decode(request.body).token
          if token then tokens[token] = true end
          return inner(request)
        end, on_event = function(event) table.insert(things.events, event) end }
      things.client, things.store, things.cursors, things.errors, things.rows = client, store, {}, {}, {}
      for _, name in ipairs(world.listings) do
        local cursor = world.open(client, name)
        table.insert(things.cursors, cursor)
        for _ = 1, 8 do
          local row, err = cursor:next()
          table.insert(row and things.rows or things.errors, row or err)
        end
      end
      things.outcome, things.error = client:disconnect(new.platform:meter(1).device, { confirm = true })
      things.stats = client:stats()
      local secrets = { PASSWORD }
      for token in pairs(tokens) do table.insert(secrets, token) end
      assert.is_true(#secrets > 1)
      fn(things, spelled(secrets))
    end)
  end

  for _, name in ipairs { "client", "cursors", "events", "errors", "rows", "stats", "outcome", "error", "store" } do
    it(name, function()
      day(function(things, secrets) assert_clean_all(things[name], secrets, name) end)
    end)
  end

  it("the module's tables", function()
    day(function(_, secrets)
      for name, module in pairs(package.loaded) do
        if name == "imr" or name:match("^imr%.") and not name:match("^imr%.simulator") then
          assert_clean_all(module, secrets, name)
        end
      end
    end)
  end)

  it("what a wrong password leads to", function()
    world.run({}, function(new)
      local client = new:client { password = PASSWORD, username = USERNAME }
      local _, err = client:login()
      assert_clean_all({ client, err, client:stats() }, spelled { PASSWORD }, "it")
    end)
  end)
end)

describe("the search for secrets", function()
  it("finds one that is planted", function()
    for _, planted in ipairs { { a = { b = PASSWORD } }, { [PASSWORD] = 1 },
      setmetatable({}, { x = percent(PASSWORD, "%%%02X") }),
      setmetatable({}, { __tostring = function() return escaped(PASSWORD) end }) } do
      assert.is_false((pcall(assert_clean_all, planted, spelled { PASSWORD }, "it")))
    end
  end)
end)

describe("the message of an accepted command", function()
  it("shows no secret that the platform sends back", function()
    local client = assert(imr.new { base_url = "http://platform.invalid", username = USERNAME, password = PASSWORD,
      interval = 0, transport = function(request)
        if request.url:find("login", 1, true) then return 200, '{"code":200,"data":"a-secret-token"}', {} end
        return 200, cjson.encode { code = 200, msg = "accepted " .. PASSWORD .. " a-secret-token" }, {}
      end })
    local outcome = assert(client:disconnect("1"))
    assert.matches("^accepted ", outcome.message)
    assert_clean(outcome.message, spelled { PASSWORD, "a-secret-token" }, "the outcome")
  end)
end)

-- Nobody has asked with these tokens yet, and messages quote answers.
describe("the token of a login", function()
  local TOKEN = "c2VjcmV0LXRva2VuLW9mLWEtbG9naW4"
  local right = ('{"code":200,"msg":"ok","data":"%s"}'):format(TOKEN)

  local function client_of(answers)
    local events = {}
    local client = assert(imr.new { base_url = "http://platform.invalid", username = USERNAME, password = PASSWORD,
      interval = 0, retries = 0, store = imr.store.memory(), on_event = function(event) events[#events + 1] = event end,
      transport = function() return (table.unpack or unpack)(table.remove(answers, 1)) end })
    return client, events
  end

  it("that came with another status than 200 is not shown", function()
    for _, status in ipairs { 100, 201, 400, 500, 503 } do
      local client, events = client_of { { status, right, {} } }
      local _, err = client:login()
      assert_clean_all({ err, events }, { TOKEN }, "the login's error")
    end
  end)

  it("of which the end is missing is not shown", function()
    for length = #right - #TOKEN, #right - 1, 4 do
      local client, events = client_of { { 200, right:sub(1, length), {} } }
      local _, err = client:login()
      assert.is_nil(tostring(err):find(TOKEN:sub(1, 8), 1, true), tostring(err))
      assert_clean_all(events, { TOKEN:sub(1, 8) }, "an event")
    end
  end)
end)
