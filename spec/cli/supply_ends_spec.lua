-- What ends `imr supply` while it waits: a time for the guard, and signals at any place.
local core = require "imr.core"
local fleet = require "support.fleet"
local shell = require "support.shell"
local system = require "imr.os"
local timing = require "support.timing"

local unpack = table.unpack or unpack

local SOON = timing.room(2.5) -- seconds in which it has to end; what it waits for takes longer

describe("imr supply", function()
  local here

  before_each(function() here = fleet.start() end)
  after_each(function() here:stop() end)

  local function wait_for_file(name)
    timing.eventually(function() return here.user:read(name) end, "a file " .. name)
  end

  -- A guard that tells that it is there, and the ids of its processes.
  local function hanging_guard()
    return here.user:write("guard", ([[#!/bin/sh
      trap '' TERM INT HUP
      sleep 60 &
      echo $$ $! >%s/ids.new; mv %s/ids.new %s/ids
      wait; sleep 60]]):format(here.user.home, here.user.home, here.user.home), "700")
  end

  local function guard_is_gone()
    local ends = core.now() + SOON
    for id in here.user:read("ids"):gmatch "%d+" do
      while system.process_began(tonumber(id)) do
        if core.now() > ends then return false end
        core.sleep(0.05)
      end
    end
    return true
  end

  it("ends a guard that says nothing with all that it started; that counts as no", function()
    local devices, guard = here:connected(1), hanging_guard()
    local result = here:supply(("disconnect --yes --interval 0 --reason x --guard %s --guard-timeout 2 %s"):format(
      guard, devices[1]))
    assert.same({ "skipped" }, fleet.states(result))
    assert.matches("the guard said nothing within 2 s", result.err, 1, true)
    assert.same({ true, 0 }, { guard_is_gone(), here:sent() })
  end)

  it("asks no more after three guards that said nothing", function()
    local result = here:supply(("disconnect --yes --interval 0 --reason x --guard 'sleep 60;' --guard-timeout 0.2 %s")
      :format(table.concat(here:connected(5), " ")))
    assert.same({ "skipped", "skipped", "skipped", "planned", "planned" }, fleet.states(result))
    assert.equal(1, result.status)
  end)

  for _, signal in ipairs { "TERM", "HUP" } do
    it("ends on SIG" .. signal .. " while the guard hangs, and the guard with it", function()
      local devices, guard = here:connected(2), hanging_guard()
      local run = here.user:start(("supply disconnect --yes --interval 0 --reason x --guard %s %s"):format(guard,
        table.concat(devices, " ")))
      wait_for_file "ids"
      local began = core.now()
      run.kill(signal)
      local result = run.wait()
      assert.is_true(core.now() - began < SOON)
      assert.equal(signal == "TERM" and 143 or 129, result.status)
      assert.same({ "planned", "planned" }, fleet.states(result))
      assert.same({ true, 0 }, { guard_is_gone(), here:sent() })
      assert.is_nil(here:supply("status").err:find("a process is at work", 1, true))
    end)
  end

  it("ends on SIGTERM while it waits for a slot, and sends nothing any more", function()
    local devices = here:connected(2)
    local run = here.user:start("supply disconnect --yes --interval 30 --reason x " .. table.concat(devices, " "))
    local ends = core.now() + 60
    while here:sent() == 0 and core.now() < ends do core.sleep(0.02) end
    core.sleep(timing.room(0.5, 2)) -- the answer has come
    local began = core.now()
    run.kill "TERM"
    local result = run.wait()
    assert.is_true(core.now() - began < SOON)
    assert.same({ 143, { "accepted", "planned" }, 1 }, { result.status, fleet.states(result), here:sent() })
  end)

  -- A guard that stops the platform and fills its queue, so that no connection to it can be made, for some seconds.
  local function blocking_guard(seconds)
    local place = here.platform.url:match "//(.*)$"
    local fill = here.user:write("fill.lua", ([[
      local socket, held = require "socket", {}
      for index = 1, 700 do
        held[index] = socket.tcp()
        held[index]:settimeout(0)
        held[index]:connect(%q, %d)
      end
      socket.sleep(%g)
      for _, one in ipairs(held) do one:close() end]]):format(place:match "^[^:]+", tonumber(place:match "%d+$"),
        seconds))
    return here.user:write("guard", ([[#!/bin/sh
      echo asked >>%s/asked
      if [ "$(wc -l <%s/asked)" -gt 1 ]; then exit 0; fi
      kill -STOP %d
      (lua5.4 %s; kill -CONT %d) >/dev/null 2>&1 &
      sleep 0.5
      touch %s/blocked]]):format(here.user.home, here.user.home, here.platform.pid, fill, here.platform.pid,
        here.user.home), "700")
  end

  it("asks anew when the connection takes long to make", function()
    local devices = here:connected(1)
    local result = here:supply(("disconnect --yes --interval 0 --reason x --guard %s %s"):format(blocking_guard(2.5),
      devices[1]))
    assert.same({ 0, { "accepted" }, 1 }, { result.status, fleet.states(result), here:sent() })
    local _, asked = here.user:read("asked"):gsub("asked", "")
    assert.is_true(asked >= 2)
    local transitions = fleet.states(here:supply "history --intent 1")
    assert.same({ "planned", "sending", "planned", "sending" }, { unpack(transitions, 1, 4) })
  end)

  it("ends on SIGTERM while the connection is being made, and sends nothing any more", function()
    local devices = here:connected(1)
    local run = here.user:start(("supply disconnect --yes --interval 0 --reason x --guard %s %s"):format(
      blocking_guard(4), devices[1]))
    wait_for_file "blocked"
    core.sleep(0.3)
    local began = core.now()
    run.kill "TERM"
    local result = run.wait()
    assert.is_true(core.now() - began < SOON)
    assert.same({ 143, { "planned" } }, { result.status, fleet.states(result) })
    shell.must "sleep 5"
    assert.same({ 0, "no" }, { here:sent(), fleet.rows(here:supply "history")[1].executed })
  end)
end)
