-- Memory that runs out: at every single allocation of a decode, a login, a listing.
local failing = require "support.failing_alloc"

local jit = rawget(_G, "jit")

local DECODE = [[
  local codec = require "imr.client.codec"
  local long = ("x\\n"):rep(600)
  local body = '{"code":200,"msg":"a\\u00e9","totalCount":"3","data":[' ..
    '{"deviceId":"1","tableNo":"0042","reading":"346.90","readTime":"2023-04-22 10:31:53",' ..
    '"x":{"y":[1,true,null,"' .. long .. '"]}},' ..
    '{"deviceId":"1","tableNo":"0042","tableNo":"0043","reading":"34x"},' ..
    '{"deviceId":"1","reading":1.5,"tableAddress":"' .. long .. '","\255":1}]}'
  return function()
    local answer = assert(codec.decode("readings", body, "string", 28800))
    local a, b, c = answer.rows[1], answer.rows[2], answer.rows[3]
    return table.concat({ answer.message, a.reading, #a.extra.x.y[4], b.extra.tableNo, b.invalid.reading, #c.address,
      c.invalid["\255"], answer.ids:sub(17) }, "|")
  end]]

-- A platform of fixed answers on a clock of its own: what allocates is the client.
local CLIENT = [[
  local imr = require "imr"
  local Plain = require "imr.runtime.plain"
  local time = 0
  local runtime = Plain.new { now = function() return time end, idle = function(seconds) time = time + seconds end }
  local pages = {
    '[{"deviceId":"1","tableNo":"01"},{"deviceId":"2","tableNo":"02"}]', '[{"deviceId":"3","tableNo":"03"}]',
  }
  local function transport(request)
    runtime:sleep(0.01)
    if request.url:find("login", 1, true) then return 200, '{"code":200,"data":"a-token"}', {} end
    local page = pages[tonumber(request.body:match('"pageNo":(%%d+)'))]
    return 200, '{"code":200,"totalCount":3,"data":' .. (page or "[]") .. "}", {}
  end
  local function new(prefetch)
    return assert(imr.new { base_url = "http://platform.invalid", username = "u", password = "p",
      transport = transport, runtime = runtime, store = imr.store.memory(), page_size = 2, prefetch = prefetch })
  end
  local client = new(%d)
  local function collect()
    local rows = assert(client:meters():collect())
    return #rows .. rows[3].meter_no
  end
  return function() %s end]]

local cases = {
  { "a decode", DECODE },
  { "a login", CLIENT:format(0, "return tostring(assert(new(0):login()))") },
  { "a listing", CLIENT:format(0, "return collect()") },
  { "a listing with pages ahead, in light threads",
    CLIENT:format(2, 'local ok, result = runtime:run(collect) return ok and result or error(result, 0)') },
}

-- LuaJIT itself writes behind a coroutine's stack when that cannot grow (valgrind shows it without any code of ours on
-- the way): there only what runs without coroutines can be tried.
if jit then cases = { cases[1] } end

describe("memory that runs out in", function()
  local tried

  after_each(function()
    if tried then tried:close() end
    tried = nil
  end)

  -- `check` gets each result, or its error, and the right one.
  local function try(code, failures, check)
    tried = failing.new(code)
    local expected = tried:run()
    local count = tried:every(failures, function(n, result, problem)
      check(n, expected, result, problem)
      if result then return end
      local again, still = tried.state:run(0, 0)
      assert(again == expected, ("after %d: %s"):format(n, tostring(again or still)))
    end)
    assert.is_true(count > 20, count)
    local left = tried:close()
    tried = nil
    assert(left == 0, left .. " bytes were not given back")
  end

  -- luaL_checkstack of Lua 5.4 calls any failure an overflow.
  local function out_of_memory(problem)
    return problem:find("not enough memory") or problem:find("stack overflow")
  end

  -- From the n-th allocation on none succeeds until the call has ended; or only one fails, and its second attempt.
  for name, failures in pairs { ["for good"] = 1e9, ["for a moment"] = 2 } do
    for _, case in ipairs(cases) do
      it(("%s, %s: an error or the right result, and the next call works"):format(case[1], name), function()
        try(case[2], failures, function(n, expected, result, problem)
          assert(result == expected or problem, ("wrong result at %d: %s"):format(n, tostring(result)))
          assert(not problem or out_of_memory(problem), ("at %d: %s"):format(n, tostring(problem)))
        end)
      end)
    end
  end

  -- Lua 5.4 collects all garbage when an allocation fails, and tries again: so each allocation meets a collection.
  -- LuaJIT just fails, as later versions of 5.4 do while they collect already.
  for _, case in ipairs(jit and {} or cases) do
    it(case[1] .. ": a full collection at nearly every allocation changes nothing", function()
      local right, failed = 0, 0
      try(case[2], 1, function(n, expected, result, problem)
        assert(result == expected or problem and out_of_memory(problem),
          ("at %d: %s"):format(n, tostring(result or problem)))
        if problem then failed = failed + 1 else right = right + 1 end
      end)
      assert(right > 10 * failed, ("%d right, %d failed"):format(right, failed))
    end)
  end
end)
