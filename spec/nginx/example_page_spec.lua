-- The page of examples/openresty, in a headless Chromium. IMR_SCREENSHOT=file.png keeps a picture of it, as on a phone.
local chromium = require "support.chromium"
local example = require "support.example"
local once = require "support.once"
local simulator = require "support.simulator"

if not once("the example's page") then return end

describe("the example shows a page #nginx #browser", function()
  local platform, server

  local function start(locations)
    platform = simulator.start { meters = 12, days = 6, points = 2, offline = 0, interval = 0 }
    server = example.start(platform.url, {}, locations)
  end

  after_each(function()
    server:stop()
    platform:stop()
  end)

  -- The page, with a script of ours before what `where` finds in it.
  local CHANGED = [=[
    location = /changed { content_by_lua_block {
      local print = ngx.print
      ngx.print = function(text)
        local script = text:match("<script[^>]*>") .. [[$script]] .. "</script>"
        print((text:gsub("$where", function(found) return script .. found end, 1)))
      end
      require("handlers.page").serve()
      ngx.print = print
    } }
  ]=]

  local function changed(where, script)
    return (CHANGED:gsub("%$(%a+)", { where = where, script = script }))
  end

  local function open(path, more)
    return chromium.open(server.url .. path, more)
  end

  -- What a person does: type the token and press the button.
  local function typed(token, after)
    return changed("</body>", ([[
      document.getElementById("token").value = "%s";
      document.querySelector("#ask button").click();
      setTimeout(() => { %s }, 1500);
    ]]):format(token, after or ""))
  end

  it("that asks for the token and holds no secret", function()
    start()
    local dom, console = open("/")
    assert.truthy(dom:find('<form id="ask">', 1, true), dom)
    assert.truthy(dom:find('<main id="main" hidden', 1, true))
    assert.same({}, console)
    assert.equal(0, #platform:entries())
    local _, body, head = server:request("/")
    for _, secret in ipairs { example.token, "demo-secret" } do assert.is_nil(body:find(secret, 1, true)) end
    assert.truthy(head:find("Content-Security-Policy: default-src 'none'", 1, true))
  end)

  it("with meters, supply and a chart, once it has the token", function()
    start(typed(example.token))
    local dom, console = open("/changed")
    assert.same({}, console)
    local rows = select(2, dom:gsub("<tr tabindex", ""))
    assert.equal(12, rows)
    assert.truthy(dom:find('<td class="connected">connected</td>', 1, true))
    local bars = select(2, dom:gsub("<rect ", ""))
    assert.is_true(bars >= 4, "bars: " .. bars)
    assert.truthy(dom:find("Latest reading: %d+%.%d"))
    assert.is_nil(dom:find("demo-secret", 1, true))
    if os.getenv "IMR_SCREENSHOT" then
      open("/changed", "--window-size=390,844 --screenshot=" .. os.getenv "IMR_SCREENSHOT")
    end
  end)

  it("in Chinese too", function()
    start(typed(example.token, 'document.getElementById("language").click()'))
    local dom, console = open("/changed")
    assert.same({}, console)
    assert.equal(12, (select(2, dom:gsub("<tr tabindex", ""))))
    for _, text in ipairs { "合闸/开阀</td>", "表号</th>", "日用量 · ", "最新读数：" } do
      assert.truthy(dom:find(text, 1, true), text)
    end
  end)

  it("that keeps the token in its tab, and asks no more", function()
    local kept = 'document.title = [sessionStorage.length, localStorage.length, document.cookie].join()'
    start(typed(example.token, kept))
    assert.truthy((open("/changed")):find("<title>1,0,</title>", 1, true))
    server:stop()
    local stored = ('sessionStorage.setItem("imr-token", "%s");'):format(example.token)
    server = example.start(platform.url, {}, changed("<script", stored))
    local dom, console = open("/changed")
    assert.same({}, console)
    assert.truthy(dom:find('<form id="ask" hidden', 1, true))
    assert.equal(12, (select(2, dom:gsub("<tr tabindex", ""))))
  end)

  it("that says so when the token is wrong", function()
    start(typed("not-the-right-token"))
    local dom = open("/changed")
    assert.truthy(dom:find('role="alert">This token is not accepted.<', 1, true))
    assert.truthy(dom:find('<form id="ask">', 1, true))
    assert.equal(0, #platform:entries())
  end)
end)
