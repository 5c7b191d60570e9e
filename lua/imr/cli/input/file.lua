--- The text of a file that a flag names; "-" is standard input. UTF-8 with or without a byte order mark, or GB18030,
--- which Chinese spreadsheets write: then stderr says so.

local core = require "imr.core"
local exit = require "imr.cli.exit"
local language = require "imr.language"
local messages = require "imr.cli.output.messages"

local SAVE = "save it as UTF-8 (in Excel: CSV UTF-8)"

local BOM = "^\239\187\191"

local function line_of(text, place)
  local _, count = text:sub(1, place):gsub("\n", "")
  return count + 1
end

local function read(flag, path)
  local file, message = io.stdin, nil
  if path ~= "-" then file, message = io.open(path) end
  if not file then exit.usage("%s%s", flag, language.again(message)) end
  local text = file:read("*a")
  if path ~= "-" then file:close() end
  if not text then exit.usage("%s%s can't be read: is it a directory?", flag, path) end
  return text
end

-- Of a workbook the first sheet, as CSV. Somebody who has filtered it sees fewer rows than there are.
local function from_workbook(text, where)
  local csv, sheets, hidden = require("imr.cli.input.workbook").csv(text)
  if not csv then exit.usage("%s: the workbook cannot be read (%s); %s", where, sheets, language.text(SAVE)) end
  if hidden > 0 then
    exit.usage("%s: %d rows of the sheet cannot be seen (is there a filter?): show them, or delete what is not meant",
      where, hidden)
  end
  if sheets > 1 then messages.say("%s has %d sheets: the first one is read", where, sheets) end
  return csv
end

local OLD_WORKBOOK = "^\208\207\17\224" -- .xls

-- What has a NUL in it is UTF-16, with a byte order mark or without, or no text.
local function as_utf8(text, where)
  if text:find("^PK\3\4") then return from_workbook(text, where) end
  if text:find(OLD_WORKBOOK) then exit.usage("%s: an .xls workbook is not read; %s", where, language.text(SAVE)) end
  local nul = text:find("\0", 1, true)
  if text:find("^\255\254") or text:find("^\254\255") or nul then
    exit.usage("%s, line %d: it is UTF-16, or no text; %s", where, line_of(text, nul or 1), language.text(SAVE))
  end
  text = text:gsub(BOM, "")
  local fine, place = core.is_utf8(text)
  if fine then return text end
  local converted = core.from_gb18030(text)
  if not converted then
    exit.usage("%s, line %d: it is not UTF-8; %s", where, line_of(text, place), language.text(SAVE))
  end
  messages.say("%s is not UTF-8 (line %d): read as GB18030", where, line_of(text, place))
  return (converted:gsub(BOM, ""))
end

---@param flag string as it stands before the path, for messages: "--from ", "--meter @"
---@param path string
---@return string
return function(flag, path)
  return as_utf8(read(flag, path), flag .. path)
end
