-- Files that are not what they should be: somebody else's links, devices, files that are removed while in use.
local cli = require "support.cli"
local core = require "imr.core"
local files = require "support.files"
local imr = require "imr"
local process = require "support.process"
local shell = require "support.shell"
local simulator = require "support.simulator"
local system = require "imr.os"
local timing = require "support.timing"

describe("a file", function()
  local platform, user

  setup(function() platform = simulator.start { meters = 12, days = 3, interval = 0, offline = 0, page_cap = 10 } end)
  teardown(function() if platform then platform:stop() end end)
  before_each(function() user = cli.user(platform.url, { IMR_STORE = "memory" }) end)
  after_each(function() user:remove() end)

  describe("for the core", function()
    local MADE = { "private_directory", "private_read", "private_write", "private_make", "private_lock", "slots_open",
      "prepare_output", "replace_file", "file_identity" }

    local function find(name) return core[name] or system[name] end

    it("is not looked for behind an empty path or a NUL", function()
      for _, name in ipairs(MADE) do
        assert.error_matches(function() find(name)("", "x") end, "a path expected, this is empty", nil, nil, name)
        assert.error_matches(function() find(name)(user.home .. "/a\0b", "x") end, "a path without a NUL expected")
      end
      assert.error_matches(function() imr.store.file { path = user.home .. "/a\0b" } end, "holds a NUL")
      assert.same({}, shell.lines("ls " .. user.home))
    end)

    it("is replaced only where it is a regular one", function()
      local link, pipe = user.home .. "/link", user.home .. "/pipe"
      shell.must(("ln -s elsewhere %s; mkfifo %s; mkdir %s/directory"):format(link, pipe, user.home))
      for _, path in ipairs { link, pipe, user.home .. "/directory" } do
        local fine, problem = system.private_write(path, "text")
        assert.is_nil(fine)
        assert.matches("is no file: it is not replaced", problem)
        files.write(user.home .. "/new", "text")
        fine, problem = system.replace_file(user.home .. "/new", path)
        assert.is_nil(fine)
        assert.is_string(problem)
      end
      assert.same({ "directory", "link", "new", "pipe" }, shell.lines("ls " .. user.home))
    end)

    it("that is a pipe nobody uses is not waited for", function()
      shell.must("mkfifo " .. user.home .. "/pipe")
      local ok, output = process.lua(([[
        local core, system, pipe = require "imr.core", require "imr.os", %q
        for _, name in ipairs { %s } do (core[name] or system[name])(pipe, pipe) end
      ]]):format(user.home .. "/pipe", '"' .. table.concat(MADE, '", "') .. '"'), { before = "timeout 20" })
      assert.is_true(ok, output)
    end)

    it("is its owner's to use whatever the umask takes away", function()
      local home = user.home .. "/deep/state"
      local ok, output = process.lua(([[
        local core, system, home = require "imr.core", require "imr.os", %q
        assert(system.private_directory(home))
        assert(system.private_write(home .. "/written", "x"))
        assert(system.private_make(home .. "/made"))
        assert(system.private_lock(home .. "/locked"))
        assert(core.slots_open(home .. "/slots"))
      ]]):format(home), { before = "sh -c 'umask 0777; exec \"$@\"' sh" })
      assert.is_true(ok, output)
      assert.equal("700", files.mode(home))
      for _, name in ipairs { "written", "made", "locked", "slots" } do
        assert.equal("600", files.mode(home .. "/" .. name), name)
      end
    end)

    it("has a name in its error that leaves room for what is wrong", function()
      local _, problem = system.private_directory(user.home .. "/" .. ("x"):rep(255) .. "/" .. ("y"):rep(5000))
      assert.matches("File name too long$", problem)
    end)
  end)

  describe("of --output", function()
    local shared, rows

    before_each(function()
      shared = user.home .. "/shared"
      shell.must(("mkdir %s; chmod 1777 %s"):format(shared, shared))
      rows = "meters --interval 0 --fields meter_no --format csv --output "
    end)

    it("may be behind links, and a device", function()
      user:write("real/rows", "before", "640")
      shell.must(("ln -s real/rows %s/link; ln -s ../link %s/second"):format(user.home, shared))
      assert.equal(0, user:run(rows .. shared .. "/second").status)
      assert.matches("^meter_no\r?\n", user:read "real/rows")
      assert.equal("640", files.mode(user.home .. "/real/rows"))
      assert.matches("^meter_no\r?\n", user:run(rows .. "/dev/stdout").out)
      assert.equal(0, user:run(rows .. "/dev/null").status)
      assert.equal("character special file", shell.lines("stat -c %F /dev/null")[1])
    end)

    it("is no directory", function()
      local result = user:run(rows .. shared)
      assert.equal(1, result.status)
      assert.matches("Is a directory", result.err)
      assert.equal(1, user:run(rows .. shared .. "/none/").status)
      assert.same({}, shell.lines("ls -A " .. shared))
    end)

    if files.is_root then
      it("is nothing that another user has put into a directory that is everybody's", function()
        shell.must(([[cd %s; echo precious >../precious; ln -s ../precious link; ln -s .. way; echo theirs >file
          mkfifo pipe; chown -h nobody link way file pipe; chown 1 .; chmod 1777 .]]):format(shared))
        for _, path in ipairs { "link", "way/precious", "file", "pipe" } do
          local result = user:run(rows .. shared .. "/" .. path)
          assert.equal(1, result.status, path)
          assert.matches("another user has put a link or a file there", result.err)
        end
        assert.equal("precious\n", user:read "precious")
        shell.must(("chown nobody %s"):format(shared)) -- the directory's owner may
        assert.equal(0, user:run(rows .. shared .. "/link").status)
      end)
    end
  end)

  describe("of a database that is removed or replaced while it is open", function()
    local function sync_and(change)
      local command = user:command(("sync --interval 0.4 --first-days 3 --listing readings --db %s/imr.db"):format(
        user.home))
      local script = ([[%s 2>%s/err & pid=$!
        until grep -aq '20[0-9][0-9]-[01][0-9]-' %s/imr.db-wal 2>/dev/null; do sleep 0.05; done
        %s; wait $pid; echo $?]]):format(command, user.home, user.home, change:gsub("DB", user.home
        .. "/imr.db"))
      return tonumber(shell.lines(script)[1])
    end

    it("is an error of the sync that stored into it", function()
      assert.equal(1, sync_and "rm DB DB-wal DB-shm")
      assert.matches("imr.db: its file was removed while it was open", user:read "err")
    end)

    it("is one also where another has its name", function()
      assert.equal(1, sync_and "mv DB DB.old; : >DB")
      assert.matches("imr.db: its file was replaced by another while it was open", user:read "err")
    end)
  end)

  it("of a supply ledger that is removed or replaced ends the run, and nothing more is sent", function()
    local devices = {}
    for index, meter in ipairs(cli.rows(user:run "latest --interval 0 --format jsonl")) do
      if index <= 3 then devices[index] = meter.device_id end
    end
    for _, change in ipairs { "rm $IMR_GONE", "cp $IMR_GONE $IMR_GONE.new; mv $IMR_GONE.new $IMR_GONE" } do
      local path = user.home .. "/ledger.db"
      local guard = user:write("guard", "#!/bin/sh\n" .. change:gsub("$IMR_GONE", path) .. "\n", "700")
      local before = #platform:entries "instruct"
      local result = user:run(("supply disconnect --interval 0 --yes --reason test --ledger %s --guard %s %s"):format(
        path, guard, table.concat(devices, " ")))
      assert.equal(1, result.status, result.err)
      assert.matches("the supply ledger: its file was re%a+ ", result.err)
      assert.equal(before, #platform:entries "instruct")
      os.remove(path)
    end
  end)

  it("of a supply ledger that is a pipe is not waited for", function()
    shell.must("mkfifo -m 600 " .. user.home .. "/pipe")
    for _, command in ipairs { "status", "history" } do
      local out = shell.must(("timeout 20 %s 2>&1; echo code=$?"):format(
        user:command("supply " .. command .. " --ledger " .. user.home .. "/pipe")))
      assert.matches("is not of the expected kind.*code=1", out)
    end
  end)

  it("of kept passwords that another process keeps locked is waited for, but not for ever", function()
    local lock = user:write(".config/imr/credentials.lock", "")
    local holder = process.start(("flock -F -x %s sh -c 'echo held; exec sleep 60'"):format(lock), "^held")
    timing.within(9, 20, function()
      local result = user:run "login --forget"
      assert.equal(1, result.status)
      assert.matches("nothing was saved: [^ ]+ is locked by another process", result.err)
    end)
    holder:stop()
    assert.equal(0, user:run("login --forget").status)
  end)
end)
