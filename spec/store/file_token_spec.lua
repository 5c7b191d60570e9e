-- The token record of the file store: what is believed of it.
local core = require "imr.core"
local files = require "support.files"
local imr = require "imr"
local shell = require "support.shell"

describe("the file store's token record", function()
  local scratch, state, events

  before_each(function()
    scratch, events = shell.scratch(), {}
    state = scratch .. "/state"
  end)

  after_each(function() shell.must("rm -rf " .. scratch) end)

  local listener = function(event) table.insert(events, event.message) end

  local function open()
    local store = imr.store.file { path = state }
    store:listen(listener)
    return store
  end

  local function token_file()
    return shell.lines("ls " .. state .. "/*.token")[1]
  end

  local function put(failure)
    local now = core.now()
    local record = { token = "a-token", id = "1", obtained = now, encoding = "form", failure = failure }
    assert(open():put_token("k", record, now))
  end

  local function failure(kind)
    return { kind = kind, message = "no", at = core.now(), retry_at = core.now() + 60, backoff = 60 }
  end

  local function of_another_boot()
    local text = files.read(token_file())
    local changed, count = text:gsub('"boot":"%x+"', '"boot":"0123456789abcdef"')
    assert.equal(1, count)
    files.write(token_file(), changed)
  end

  it("keeps only the encoding over a boot", function()
    put(failure("network"))
    of_another_boot()
    assert.same({ encoding = "form" }, open():get_token("k", core.now()))
    assert.same({}, events)
  end)

  it("keeps a refusal over a boot", function()
    put(failure("auth"))
    of_another_boot()
    local record = open():get_token("k", core.now())
    assert.is_nil(record.token)
    assert.equal("auth", record.failure.kind)
  end)

  local damages = {
    ["nothing"] = function() return "" end,
    ["half of it"] = function(text) return text:sub(1, math.floor(#text / 2)) end,
    ["garbage"] = function(text) return files.garbage(#text, 5) end,
    ["zeros"] = function(text) return ("\0"):rep(#text) end,
    ["something else"] = function() return '["not", "ours"]' end,
    ["null"] = function() return "null" end,
    ["another layout"] = function(text) return (text:gsub('"layout":1', '"layout":2')) end,
    ["much more"] = function(text) return text .. ("x"):rep(100000) end,
  }

  for name, damage in pairs(damages) do
    it("is left out of account, with an event, when there is " .. name, function()
      put()
      local store = open()
      files.write(token_file(), damage(files.read(token_file())))
      for _ = 1, 3 do
        local record, message = store:get_token("k", core.now())
        assert.is_nil(record)
        assert.is_nil(message)
      end
      assert.equal(1, #events)
      assert.truthy(events[1]:find("is not a token record", 1, true), events[1])
      assert.is_nil(events[1]:find("a-token", 1, true))
      put()
      assert.equal("a-token", store:get_token("k", core.now()).token)
    end)
  end

  it("loses only the fields that are wrong", function()
    put(failure("network"))
    local text = files.read(token_file())
    for _, change in ipairs { { '"kind":"network"', '"kind":7' }, { '"backoff":60', '"backoff":"x"' },
      { '"failure":{', '"failure":7,"x":{' } } do
      files.write(token_file(), (text:gsub(change[1], change[2])))
      local record = open():get_token("k", core.now())
      assert.equal("a-token", record.token)
      assert.is_nil(record.failure, change[2])
    end
    files.write(token_file(), (text:gsub('"form"', '"xml"'):gsub('"obtained":"[^"]*"', '"obtained":"soon"')))
    local record = open():get_token("k", core.now())
    assert.is_nil(record.token)
    assert.is_nil(record.encoding)
    assert.equal("network", record.failure.kind)
  end)

  it("costs a new login when it is damaged", function()
    local logins = 0
    local function transport(request)
      if not request.url:find("/login", 1, true) then return 200, '{"code":200,"data":[]}' end
      logins = logins + 1
      return 200, '{"code":200,"data":"a-token"}'
    end
    local function client()
      return assert(imr.new { username = "u", password = "a-password", store = open(), transport = transport,
        interval = 0, on_event = function(event) if event.message then table.insert(events, event.message) end end })
    end
    assert(client():login())
    assert(client():login())
    assert.equal(1, logins)
    files.write(token_file(), "garbage")
    assert(client():login())
    assert.equal(2, logins)
    assert.truthy(table.concat(events):find("is not a token record", 1, true))
    assert(client():login())
    assert.equal(2, logins)
  end)

  it("tells nobody who has gone", function()
    local store = imr.store.file { path = state }
    local heard = 0
    store:listen(function() heard = heard + 1 end)
    collectgarbage()
    collectgarbage()
    put()
    files.write(token_file(), "garbage")
    store:get_token("k", core.now())
    assert.equal(0, heard)
  end)
end)
