-- What a host does to its own locale and to its own cjson changes nothing of what we write and read.
local process = require "support.process"
local shell = require "support.shell"
local simulator = require "support.simulator"

describe("a host", function()
  local platform

  setup(function() platform = simulator.start { meters = 3, days = 2, interval = 0 } end)
  teardown(function() platform:stop() end)

  -- The same work before and after; what differs is printed.
  local PROGRAM = [[
    local imr = require "imr"
    local json = require "imr.base.json"
    local function work()
      local scratch = os.tmpname()
      os.remove(scratch)
      local sent, texts = {}, {}
      local transport = require("imr.transport").choose {}
      for _, encoding in ipairs { "json", "form" } do
        for _, store in ipairs { imr.store.memory(), imr.store.file { path = scratch } } do
          local client = imr.new { base_url = %q, username = "demo", password = "demo-secret", interval = 0,
            store = store, encoding = encoding, page_size = 1000, utc_offset = 28800,
            transport = function(request)
              sent[#sent + 1] = request.body:gsub("[Tt]oken[^,&]*", "")
                :gsub("%%d%%d%%d%%d%%-%%d%%d%%-%%d%%d[^,&}]*", "")
              return transport(request)
            end }
          for row in client:readings { from = os.time() - 86400, to = os.time(), meters = { "0é王à" } } do end
          for row in client:latest_readings() do texts[#texts + 1] = json.encode(row) end
          client:close()
        end
      end
      texts[#texts + 1] = json.encode { 1.5, 0.1, 1e300, 1234567.25, 2^53, -0.25, "\195\169\160" }
      texts[#texts + 1] = imr.time.format(1.5e9, 28800)
      texts[#texts + 1] = json.encode((require "imr.decimal").of "1.5":number())
      texts[#texts + 1] = json.encode(json.decode '[1.5,2e3,"\\u00e9"]')
      local record = require "imr.store.record"
      local text = record.encode({ token = "t", obtained = 934.32, id = "1.5", encoding = "form",
        failure = { kind = "http", message = "m", at = 1.25, retry_at = 2.5, backoff = 0.5 } }, 0.125)
      texts[#texts + 1] = text
      texts[#texts + 1] = json.encode(record.decode(text, 0.5))
      texts[#texts + 1] = tostring(require("imr.errors").new { kind = "throttled", message = "x", retry_after = 1.25 })
      os.execute("rm -rf " .. scratch)
      return table.concat(sent, "\n") .. "\n" .. table.concat(texts, "\n")
    end
    local before = work()
    local cjson = require "cjson"
    cjson.encode_number_precision(3)
    cjson.encode_sparse_array(true, 1, 1)
    cjson.decode_invalid_numbers(false)
    if cjson.decode_max_depth then cjson.decode_max_depth(2) cjson.encode_max_depth(2) end
    %s
    local after = work()
    if before ~= after then
      io.stderr:write(before, "\n-------- after:\n", after, "\n")
      os.exit(1)
    end
    io.write "the same"
  ]]

  local function stays_the_same(setting, environment)
    local ok, output = process.lua(PROGRAM:format(platform.url, setting), { env = environment })
    assert.is_true(ok, output)
    assert.equal("the same", output:match "the same$")
  end

  it("may set its cjson as it likes", function() stays_the_same "" end)

  -- With a character a byte: those take a second to make.
  for locale, kind in pairs { de_DE = "de_DE ISO-8859-1", tr_TR = "tr_TR ISO-8859-9" } do
    it("may be in the locale " .. locale, function()
      local directory = shell.scratch()
      finally(function() shell.must("rm -r " .. directory) end)
      local source, charmap = kind:match "^(%S+) (%S+)$"
      shell.run(("localedef -c -i %s -f %s %s/%s"):format(source, charmap, directory, locale))
      if #shell.lines(("ls %s; echo"):format(directory)) == 0 then return pending "localedef has no sources here" end
      stays_the_same(("assert(os.setlocale %q)"):format(locale), { LOCPATH = directory })
    end)
  end
end)
