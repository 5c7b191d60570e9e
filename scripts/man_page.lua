-- The manual page imr(1), made of what `imr --help` says.

local man = {}

-- A line as it stands; a dot or an apostrophe at its begin would be a request.
local function plain(text)
  return (text:gsub("\\", "\\e"):gsub("%-", "\\-"):gsub("\n([.'])", "\n\\&%1"):gsub("^([.'])", "\\&%1"))
end

local function section(lines, request, title, text)
  lines[#lines + 1] = (".%s \"%s\"\n.nf\n%s\n.fi"):format(request, title, plain((text:gsub("%s+$", ""))))
end

local function add_commands(lines, parser, name)
  for _, command in ipairs(parser._commands) do
    local full = name .. " " .. command._name
    section(lines, "SS", full, command:get_help())
    add_commands(lines, command, full)
  end
end

---@return string
function man.text()
  local parser = require("imr.cli").parser()
  local lines = { '.\\" Made of the help by `make install`.', '.TH IMR 1 "" "imr" "User commands"',
    ".SH NAME\nimr \\- intelligent meter reading: a client of the metering platform" }
  section(lines, "SH", "SYNOPSIS", parser:get_help())
  lines[#lines + 1] = ".SH COMMANDS"
  add_commands(lines, parser, "imr")
  local codes = {}
  for index, entry in ipairs(require("imr.cli.exit").codes) do codes[index] = ("%3d  %s"):format(entry[1], entry[2]) end
  section(lines, "SH", "EXIT STATUS", table.concat(codes, "\n"))
  return table.concat(lines, "\n") .. "\n"
end

return man
