local cli = require "support.cli"
local scripted = require "support.scripted"
local simulator = require "support.simulator"

describe("imr doctor", function()
  local user

  before_each(function() user = cli.user(nil, { IMR_USERNAME = "demo", IMR_PASSWORD = "demo-secret" }) end)
  after_each(function() user:remove() end)

  local function doctor(url, more)
    local environment = { IMR_BASE_URL = url }
    for name, value in pairs(more or {}) do environment[name] = value end
    local result = user:run("doctor", environment)
    assert.equal("", result.err)
    return result.out, result.status
  end

  -- Not with `finally`, of which a test has one.
  local platforms = {}
  local function of(options)
    local platform = simulator.start(options)
    table.insert(platforms, platform)
    return platform
  end
  after_each(function()
    for _, platform in ipairs(platforms) do platform:stop() end
    platforms = {}
  end)

  it("says of everything that it is right", function()
    local platform = of { meters = 12, days = 3, interval = 0 }
    local out, status = doctor(platform.url)
    assert.equal(0, status)
    for _, name in ipairs {
      "versions", "configuration", "account", "store", "name", "login", "meters", "latest_readings", "readings",
      "consumption", "tou_readings", "camera_readings", "encoding", "clock",
    } do
      assert.matches("\nok   " .. name .. " ", "\n" .. out)
    end
    assert.matches("look encryption +plain HTTP", out)
    assert.matches("as json\n", out)
  end)

  it("asks each endpoint once", function()
    local platform = of { meters = 12, days = 3, interval = 0 }
    doctor(platform.url)
    for _, name in ipairs { "login", "meters", "readings", "camera_readings" } do
      assert.equal(1, #platform:entries(name), name)
    end
  end)

  it("tells which encoding the platform speaks", function()
    local platform = of { meters = 3, interval = 0, encoding = "form" }
    assert.matches("as form\n", (doctor(platform.url)))
  end)

  it("names an endpoint that may not be used, and goes on", function()
    local platform = of { meters = 3, interval = 0, forbidden = { "camera_readings" } }
    local out, status = doctor(platform.url)
    assert.equal(3, status)
    assert.matches("FAIL camera_readings [^\n]*no right[^\n]*\n +%-> ask the platform's operator", out)
    assert.matches("ok   meters", out)
  end)

  it("stops where the rest would fail for the same reason, and says what to do", function()
    local out, status = doctor("http://127.0.0.1:1")
    assert.equal(4, status)
    assert.matches("FAIL login .-\n +%-> is the address right", out)
    assert.is_nil(out:find("ok   meters", 1, true))
    out, status = doctor("http://no-such-host.invalid")
    assert.equal(4, status)
    assert.matches("FAIL name +no%-such%-host.invalid: .-\n +%->", out)
  end)

  it("knows a wrong password from a missing one", function()
    local platform = of { interval = 0 }
    local out, status = doctor(platform.url, { IMR_PASSWORD = "wrong-password" })
    assert.equal(3, status)
    assert.matches("FAIL login [^\n]*wrong password.-\n +%-> `imr login`", out)
    assert.is_nil(out:find("wrong-password", 1, true))
    out, status = doctor(platform.url, { IMR_PASSWORD = false })
    assert.equal(3, status)
    assert.matches("FAIL account +no password", out)
  end)

  it("sees a configuration or a store that others can read", function()
    local platform = of { interval = 0 }
    user:write(".config/imr/config.lua", "return {}", "644")
    local out, status = doctor(platform.url)
    assert.equal(2, status)
    assert.matches("FAIL configuration [^\n]*others", out)
    user:write(".config/imr/config.lua", "return {}")
    user:write("store/x", "", "644")
    require("support.shell").must("chmod 755 " .. user.home .. "/store")
    out, status = doctor(platform.url, { IMR_STORE = user.home .. "/store" })
    assert.equal(1, status)
    assert.matches("FAIL store [^\n]*others", out)
  end)

  it("compares its clock with the simulator's", function()
    assert.matches("ok   clock +[+-]%d s to the platform's", (doctor(of({ meters = 3, interval = 0 }).url)))
  end)

  it("finds names as requests do: of IPv6 only, and below localhost", function()
    local path, directory = require("support.native").preload [[
      #include <dlfcn.h>
      #include <netdb.h>
      #include <string.h>
      int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **found) {
        int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **) =
          dlsym(RTLD_NEXT, "getaddrinfo");
        if (node && strcmp(node, "six.example") == 0) {
          if (hints && hints->ai_family == AF_INET) return EAI_NONAME;
          node = "::1";
        }
        return real(node, service, hints, found);
      }
      struct hostent *gethostbyname(const char *name) { (void)name; h_errno = HOST_NOT_FOUND; return NULL; }
    ]]
    finally(function() require("support.shell").must("rm -r " .. directory) end)
    local platform = of { meters = 3, interval = 0, host = "::1" }
    local six = "http://six.example:" .. platform.url:match ":(%d+)$"
    assert.equal(0, user:run("meters --interval 0", { LD_PRELOAD = path, IMR_BASE_URL = six }).status)
    local out, status = doctor(six, { LD_PRELOAD = path })
    assert.equal(0, status, out)
    assert.matches("ok   name +six.example is ::1\n", out)
    out, status = doctor((of({ meters = 3, interval = 0 }).url:gsub("127.0.0.1", "meters.LocalHost")))
    assert.equal(0, status, out)
    assert.matches("ok   name +meters.localhost is 127.0.0.1\n", out)
  end)

  it("compares the clocks", function()
    local script = [[c:send(answer('{"code":200,"data":[]}', "Date: %s\r\n"))]]
    for date, wanted in pairs {
      [os.date("!%a, %d %b %Y %H:%M:%S GMT")] = "ok   clock +[+-]%d s to the platform's",
      [os.date("!%a, %d %b %Y %H:%M:%S GMT", os.time() - 3600)] = "look clock +this machine is %+36%d%d s from",
      ["yesterday"] = "ok   clock +the platform's answers carry no date",
    } do
      local server = scripted.start(script:format(date))
      local out = doctor(server.url, { IMR_STORE = "memory" })
      server:stop()
      assert.matches(wanted, out)
    end
  end)
end)
