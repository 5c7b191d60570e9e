-- doc/schema.md: its tables are those of the code, and its queries run.
local database = require "imr.database"
local files = require "support.files"
local process = require "support.process"
local shell = require "support.shell"

local ROOT = debug.getinfo(1, "S").source:match("^@(.*)spec/workflow/sync_schema_spec%.lua$") or "./"

describe("the document of the schema", function()
  it("lists the columns that there are", function()
    local path = os.tmpname()
    shell.must(("cp %s %s"):format(shell.quote(ROOT .. "doc/schema.md"), path))
    local ok, output = process.lua(("arg = { [1] = %q }\ndofile %q"):format(path, ROOT .. "scripts/schema_doc.lua"))
    assert.is_true(ok, output)
    local made = files.read(path)
    os.remove(path)
    assert.equal(made, files.read(ROOT .. "doc/schema.md"))
  end)

  for _, name in ipairs { "schema.md", "schema.zh-CN.md" } do
    it("has queries that run: " .. name, function()
      local path = os.tmpname()
      os.remove(path)
      local db = assert(database.open(path))
      local count = 0
      for query in files.read(ROOT .. "doc/" .. name):gmatch("```sql\n(.-);\n```") do
        count = count + 1
        assert.is_nil(db:row(query))
      end
      db:close()
      shell.must("rm -f " .. path .. "*")
      assert.is_true(count >= 3)
    end)
  end
end)
