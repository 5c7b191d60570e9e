-- The timer and the crontab: systemd's own check, and what they run exists with the flags that they give it.
local files = require "support.files"
local shell = require "support.shell"
local simulator = require "support.simulator"

local SERVICE, TIMER = "examples/cron/imr-sync.service", "examples/cron/imr-sync.timer"
local CRONTAB = "examples/cron/crontab"

-- Values of a unit file by section and name.
local function parse(text)
  local unit, section = {}, nil
  for line in text:gmatch "[^\n]+" do
    local title, name, value = line:match "^%[(%a+)%]$", line:match "^(%a+)=(.+)$"
    if title then
      section, unit[title] = title, {}
    elseif name then
      unit[section][name] = value
    else
      assert(line:find "^#", "not a line of a unit: " .. line)
    end
  end
  return unit
end

-- Every flag of an `imr` command line is one that its help names.
local function assert_flags(command)
  local name, rest = command:match "imr (%l+)(.*)$"
  local help = shell.must(simulator.command(name .. " --help"))
  for flag in rest:gmatch "%-%-[%l%-]+" do assert.is_true(help:find(flag .. " ", 1, true) ~= nil, flag) end
end

local function has(program)
  return (shell.run("command -v " .. program))
end

describe("the systemd units", function()
  it("say what runs, as whom and when", function()
    local service, timer = parse(files.read(SERVICE)), parse(files.read(TIMER))
    assert.same({ "oneshot", "imr" }, { service.Service.Type, service.Service.User })
    assert_flags(service.Service.ExecStart)
    assert.same({ "hourly", "timers.target" }, { timer.Timer.OnCalendar, timer.Install.WantedBy })
  end)

  it("never hold a password", function()
    assert.is_nil(files.read(SERVICE):find("IMR_PASSWORD=", 1, true))
  end)

  if has "systemd-analyze" then
    it("pass systemd's check", function()
      local directory = shell.scratch()
      finally(function() shell.must("rm -rf " .. directory) end)
      -- What it runs need not be installed here.
      local service = files.read(SERVICE):gsub("ExecStart=%S+", "ExecStart=/bin/true")
      files.write(directory .. "/imr-sync.service", service)
      files.write(directory .. "/imr-sync.timer", files.read(TIMER))
      local ok, output = shell.run("systemd-analyze verify " .. directory .. "/imr-sync.service " .. directory
        .. "/imr-sync.timer")
      assert.is_true(ok, output)
      assert.is_nil(output:find("imr%-sync%.%a+:%d+"), output)
    end)

    it("have a time that systemd understands", function()
      shell.must("systemd-analyze calendar " .. parse(files.read(TIMER)).Timer.OnCalendar)
    end)
  else
    print("without systemd's own check of the units: there is no systemd-analyze")
  end
end)

describe("the crontab", function()
  it("has five times, a user and a command in each line", function()
    local jobs = 0
    for line in files.read(CRONTAB):gmatch "[^\n]+" do
      if not line:find "^#" and not line:find "^%u[%u_]*=" then
        local times, user, command = line:match "^(%S+ %S+ %S+ %S+ %S+)%s+(%l+)%s+(.+)$"
        assert.is_truthy(times, line)
        for time in times:gmatch "%S+" do assert.matches("^[%d%*/,%-]+$", time) end
        assert.equal("imr", user)
        assert_flags(command)
        jobs = jobs + 1
      end
    end
    assert.equal(2, jobs)
  end)
end)
