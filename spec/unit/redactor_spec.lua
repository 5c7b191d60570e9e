-- No spelling of a secret gets through, and other texts stay readable.
local Redactor = require "imr.client.redactor"
local cjson = require "cjson"
local mime = require "mime"

local PASSWORD = "Gas-Werk/2024?"

local function url_safe(text) return (text:gsub("[+/]", { ["+"] = "-", ["/"] = "_" })) end
local function bare(text) return (text:gsub("=+$", "")) end
local function lines(text, length) return (text:gsub(("."):rep(length), "%0\r\n")) end
local function percent(text, format)
  return (text:gsub("[^A-Za-z0-9]", function(byte) return format:format(byte:byte()) end))
end

local function digits(text, format)
  return (text:gsub(".", function(byte) return format:format(byte:byte()) end))
end

local function content(password)
  return cjson.encode { admin_user_name = "demo", api_password = password, time = 1752000000 }
end

local tokens = {
  ["one word"] = mime.b64(content(PASSWORD)),
  ["a JWT"] = ("%s.%s.%s"):format(bare(url_safe(mime.b64 '{"alg":"HS256"}')),
    bare(url_safe(mime.b64(content(PASSWORD)))), "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
  ["an id and Base64"] = "8d0f6a52-1c1b-4b5e-9a3e-0a5d3c1f7e42:" .. mime.b64(content(PASSWORD)),
  ["lines"] = lines(mime.b64(content(PASSWORD)), 20),
  ["an address"] = "imr://demo@host/?t=" .. mime.b64(content(PASSWORD)) .. "&v=1;",
  ["the password in it"] = "demo|" .. PASSWORD .. "|1752000000",
}

local ways = {
  ["as it is"] = function(text) return text end,
  ["in a URL"] = function(text) return percent(text, "%%%02X") end,
  ["in a URL in lower case"] = function(text) return percent(text, "%%%02x") end,
  ["in JSON"] = function(text) return cjson.encode { msg = text } end,
  ["in JSON in JSON"] = function(text) return cjson.encode { msg = cjson.encode { msg = text } } end,
  ["in HTML"] = function(text)
    return (text:gsub("[%z\1-\47:-?]", function(byte) return ("&#x%x;"):format(byte:byte()) end))
  end,
  ["over lines"] = function(text) return lines(text, 7) end,
  ["over indented lines"] = function(text) return (lines(text, 9):gsub("\n", " \n  ")) end,
  ["with zero width in it"] = function(text) return (text:gsub(".", "%0\226\128\139")) end,
  ["with NUL in it"] = function(text) return (text:gsub(".", "%0\0")) end,
  ["in Base64"] = function(text) return mime.b64(text) end,
  ["in Base64, for URLs, bare"] = function(text) return bare(url_safe(mime.b64("x" .. text))) end,
  ["in Base64 behind two others"] = function(text) return mime.b64("xy" .. text .. "z") end,
  ["in Base64 in lines"] = function(text) return lines(mime.b64("account:" .. text), 16) end,
  ["in hexadecimal digits"] = function(text) return (digits(text, "%02x")) end,
  ["in a dump"] = function(text) return (digits(text, "%02X ")) end,
  ["in a dump with colons"] = function(text) return (digits(text, "%02x:"):gsub(":$", "")) end,
  ["in bytes of a string"] = function(text) return digits(text, "\\x%02x") end,
  ["as escape() has it"] = function(text)
    return (text:gsub("[%z\1-\127]", function(letter) return digits(letter, "%%u%04x") end))
  end,
  ["in Base64 in a URL"] = function(text) return percent(mime.b64(text), "%%%02x") end,
}

-- Is the secret to be found in a text by somebody who looks for it?
local function shows(text, secret)
  local plain = text:gsub("[%c\226\128\139]", "")
  if plain:find(secret, 1, true) then return true end
  if plain:lower():gsub("[^%x]", ""):find(digits(secret, "%02x"), 1, true) then return true end
  for run in plain:gmatch("[A-Za-z0-9+/_-]+") do
    for first = 1, 4 do
      local piece = run:sub(first):gsub("[-_]", { ["-"] = "+", ["_"] = "/" })
      local found = mime.unb64(piece .. ("="):rep(-#piece % 4))
      if found and found:find(secret, 1, true) then return true end
    end
  end
  return false
end

describe("a redactor", function()
  for name, token in pairs(tokens) do
    for way, spell in pairs(ways) do
      it(("hides a token that is %s, %s"):format(name, way), function()
        local redactor = Redactor.new { PASSWORD }
        redactor:set_tokens { token }
        local text = redactor:redact("the token " .. spell(token) .. " is not valid")
        assert.is_false(shows(text, PASSWORD), text)
        for part in token:gmatch("[A-Za-z0-9+/_-]+") do
          if #part >= 8 then assert.is_nil(text:find(part, 1, true), text) end
        end
        assert.matches("***", text, 1, true)
      end)
    end

    it(("hides the parts of a token that is %s, cut anywhere"):format(name), function()
      local redactor = Redactor.new { PASSWORD }
      redactor:set_tokens { token }
      for first = 1, #token, 3 do
        for _, piece in ipairs { token:sub(first), token:sub(1, first) } do
          local text = redactor:redact("it was " .. piece .. ", they say")
          assert.is_false(shows(text, PASSWORD), text)
          for part in piece:gmatch("[A-Za-z0-9+/_-]+") do
            if #part >= 12 then assert.is_nil(text:find(part, 1, true), text) end
          end
        end
      end
    end)
  end

  for way, spell in pairs(ways) do
    it("hides the password " .. way, function()
      for _, password in ipairs { PASSWORD, "abc", "Pa55", "密码一二三", "a b", "+/+/+/", "%41%42" } do
        local text = Redactor.new({ password }):redact("wrong: " .. spell(password) .. " :wrong")
        assert.is_false(shows(text, password), text)
        assert.truthy(text:find("***", 1, true), text)
      end
    end)
  end

  it("hides a very short password only where it stands alone", function()
    local redactor = Redactor.new { "is" }
    assert.equal("this *** it: '***', list", redactor:redact "this is it: 'is', list")
    assert.equal("a word", Redactor.new({ "a" }):redact "a word")
    assert.equal("a word", Redactor.new({ "" }):redact "a word")
  end)

  it("leaves other texts as they are", function()
    local redactor = Redactor.new { "abc", PASSWORD }
    redactor:set_tokens { tokens["a JWT"], tokens["an id and Base64"], "a-token" }
    for _, text in ipairs {
      "no right to this endpoint, ask the operator of /meter/readMeterDataList", "操作失败：参数缺失",
      "100%25 <b>&amp;</b>",
      '{"code":500,"error":"Internal Server Error","path":"/meter/meterList"}', "a\nb", "", "aGVsbG8gd29ybGQ=",
      "https://gateway.example.com:8443/imr/api/v1/meter/peaksValleysRead?x=1",
    } do
      assert.equal(text, redactor:redact(text))
    end
  end)

  it("does not take long, whatever the text", function()
    local redactor = Redactor.new { "abc", PASSWORD }
    redactor:set_tokens { tokens["a JWT"], tokens["lines"] }
    local before = os.clock()
    for _, piece in ipairs { " ", "\n ", "aB3+", "%41\\u0041&#65;", "%2525", "YWJj\n", "=", "41", "4e ", "\\x4e",
      "&#38;#38;", "\226\128\139a" } do
      redactor:redact(piece:rep(math.floor(4096 / #piece)))
    end
    assert.is_true(os.clock() - before < 5, os.clock() - before)
  end)
end)
