-- A daemon, or a shell's `>&-`, closes standard streams: nothing that is opened may get their numbers, or what is
-- printed goes into it.
local cli = require "support.cli"
local database = require "imr.database"
local files = require "support.files"
local postgres = require "support.postgres"
local process = require "support.process"
local redis = require "support.redis"
local shell = require "support.shell"
local simulator = require "support.simulator"

local CLOSED = { "0<&-", "1>&-", "2>&-", "0<&- 1>&-", "0<&- 2>&-", "1>&- 2>&-", "0<&- 1>&- 2>&-" }

-- A guard that lists the descriptors of the program that asks it.
local LIST = [[#!/bin/sh
pid=$PPID
while ! grep -q lua /proc/$pid/comm; do pid=$(awk '/^PPid/ {print $2}' /proc/$pid/status); done
{ for fd in 0 1 2; do readlink /proc/$pid/fd/$fd || echo closed; done; ls -l /proc/$pid/fd; } >%s
]]

describe("with standard streams closed", function()
  local platform, server, user

  setup(function()
    platform = simulator.start { meters = 12, days = 3, interval = 0, offline = 0 }
    server = postgres.start()
  end)

  teardown(function()
    if platform then platform:stop() end
    if server then server:stop() end
  end)

  before_each(function() user = cli.user(platform.url) end)
  after_each(function() user:remove() end)

  -- What is left open goes into files.
  local function run(arguments, closed, more)
    local out, err = user.home .. "/out", user.home .. "/err"
    local command = ("%s >%s 2>%s </dev/null"):format(user:command(arguments, more), out, err)
    local _, text = shell.run(("( %s %s ); echo code=$?"):format(command, closed))
    return { status = tonumber(text:match "code=(%d+)"), out = files.read(out), err = files.read(err) }
  end

  local function is_open(closed, descriptor) return not closed:find(descriptor, 1, true) end

  -- The slots and the lock of the file store, and nothing that was printed.
  local function assert_slots_whole(closed)
    local slots = files.read(user.home .. "/.local/state/imr/slots")
    assert.equal("imrslots", slots:sub(1, 8), closed)
    assert.is_nil(slots:find("meter_no", 1, true), closed)
    assert.is_nil(slots:find("imr:", 1, true), closed)
  end

  local function assert_output(result, closed, rows)
    if is_open(closed, "1") then
      assert.same({ 0, rows }, { result.status, select(2, result.out:gsub("\n", "")) }, closed .. result.err)
    else
      assert.same({ 1, "" }, { result.status, result.out }, closed)
      if is_open(closed, "2") then assert.matches("standard output can't be written: Bad file", result.err) end
    end
  end

  for index, closed in ipairs(CLOSED) do
    it(closed .. ": a listing says that its rows could not be written, and the slots stay whole", function()
      assert_output(run("meters --interval 0 --format jsonl", closed), closed, 12)
      assert_slots_whole(closed)
      assert.equal(0, run("meters --interval 0 --output " .. user.home .. "/rows.jsonl", closed).status, closed)
      assert_output(run("version", closed), closed, 1)
    end)

    for kind, address in pairs {
      SQLite = function() return user.home .. "/" .. index .. ".db" end,
      PostgreSQL = function() return server:url() end,
    } do it(closed .. ": a sync stores all of its rows in " .. kind .. ", and none of its notes", function()
      local where = address()
      local result = run("sync --interval 0 --first-days 2 --format jsonl", closed, { IMR_DB = where })
      assert.equal(is_open(closed, "1") and 0 or 1, result.status, closed .. result.err)
      local db = assert(database.open(where))
      assert.equal(12, db:row("SELECT count(*) AS count FROM meters").count, closed)
      assert.equal("complete", db:row("SELECT state FROM runs").state, closed)
      db:close()
      assert_slots_whole(closed)
    end) end

    it(closed .. ": a command finds nothing of ours at their numbers", function()
      local meter = cli.rows(user:run "latest --interval 0 --format jsonl")[index]
      local seen = user.home .. "/seen"
      local guard = user:write("guard", LIST:format(seen), "700")
      run(("supply disconnect --interval 0 --yes --reason test --guard %s %s"):format(guard, meter.device_id), closed)
      local lines = shell.lines("cat " .. seen)
      for descriptor = 0, 2 do
        local ours = descriptor > 0 and is_open(closed, tostring(descriptor)) and user.home
        local wanted, seen_there = ours or "/dev/null", lines[descriptor + 1]
        assert.equal(wanted, ours and seen_there:sub(1, #wanted) or seen_there, closed)
      end
      assert.matches("supply.*db", files.read(seen))
      assert_slots_whole(closed)
    end)
  end

  it("a library's host finds nothing of ours at their numbers either", function()
    local store = redis.start()
    local told = user.home .. "/told"
    local ok, output = process.lua(([[
      local out = assert(io.open(%q, "w")) -- the host's own: it may have the number
      local imr = require "imr"
      for _, store in ipairs { imr.store.file { path = %q }, imr.store.redis { host = %q, port = %d } } do
        local client = imr.new { base_url = %q, username = "demo", password = "demo-secret", store = store,
          interval = 0 }
        assert(client:meters():next())
        local db = assert(require("imr.database").open(%q))
        local ledger = require("imr.workflow.supply.database").open(%q)
        for fd in io.popen("ls /proc/$PPID/fd"):lines() do
          local target = io.popen("readlink /proc/$PPID/fd/" .. fd):read()
          if tonumber(fd) <= 2 then out:write(fd, " ", target or "-", "\n") end
        end
        db:close() ledger:close() client:close()
      end
      out:close()
    ]]):format(told, user.home .. "/state", store.host, store.port, platform.url, server:url(),
      user.home .. "/ledger.db"), { before = [[sh -c 'exec "$@" 0<&- 1>&- 2>&-' sh]] })
    store:stop()
    assert.is_true(ok, output)
    local text = files.read(told)
    assert.matches("0 " .. told, text, 1, true)
    assert.matches("1 /dev/null", text, 1, true)
    assert.matches("2 /dev/null", text, 1, true)
    assert.is_nil(text:find("socket", 1, true))
    assert.is_nil(text:find("slots", 1, true))
  end)
end)
