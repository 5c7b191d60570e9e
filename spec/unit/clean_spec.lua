-- What somebody else wrote, in one line that a log and a terminal can take.
local core = require "imr.core"
local errors = require "imr.errors"

describe("core.clean", function()
  local cases = {
    { "plain ASCII", "all is well: ~!", "all is well: ~!" }, { "Chinese", "操作成功，3栋", "操作成功，3栋" },
    { "beyond 16 bits", "𠮷野家", "𠮷野家" }, { "nothing", "", "" }, { "accents and blanks", "é\194\160　", "é\194\160　" },
    { "line ends", "a\nb\r\nc", "a?b??c" }, { "NUL, tab, ESC, DEL", "\0\t\27[2J\127", "???[2J?" },
    { "C1", "\194\128\194\155\194\159x", "???x" }, { "bytes of C1 alone", "\155x\128", "?x?" },
    { "directions", "\226\128\142\226\128\143\226\128\170\226\128\174\226\129\166\226\129\169\216\156", "???????" },
    { "other line ends", "a\226\128\168b\226\128\169c", "a?b?c" },
    { "zero width", "a\226\128\139b\239\187\191c\226\129\160d\194\173e\243\160\129\129f", "a?b?c?d?e?f" },
    { "half a character", "\230\147", "??" },
    { "a surrogate", "\237\160\128", "???" }, { "too long a form", "\192\138", "??" },
    { "beyond the last one", "\244\144\128\128", "????" },
    { "the edges", "\194\160\226\128\144\226\128\167\226\128\175", "\194\160‐‧\226\128\175" },
  }
  for _, case in ipairs(cases) do
    it("takes " .. case[1], function() assert.equal(case[3], core.clean(case[2])) end)
  end

  it("takes a long text", function()
    assert.equal(("ab操?"):rep(20000), core.clean(("ab操\n"):rep(20000)))
  end)
end)

describe("an error's message", function()
  it("is cleaned when the error is made, whoever wrote it", function()
    local err = errors.new { kind = "store", message = "redis: x\nimr: all is well\27[2J" }
    assert.equal("redis: x?imr: all is well?[2J", err.message)
    assert.equal("redis: x?imr: all is well?[2J [store]", tostring(err))
  end)

  it("may be missing, or no text", function()
    assert.is_nil(errors.new({}).message)
    assert.equal(5, errors.new({ message = 5 }).message)
  end)
end)
