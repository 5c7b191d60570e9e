-- Shell commands for specs: what they printed (both streams) and whether they succeeded.
local shell = {}

---@param text string
---@return string quoted one word for the shell
function shell.quote(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

---@param command string
---@return boolean ok, string output
function shell.run(command)
  local pipe = assert(io.popen("{ " .. command .. "\n} </dev/null 2>&1; echo status=$?"))
  local output = pipe:read("*a")
  pipe:close()
  local text, status = output:match("^(.*)status=(%d+)\n$")
  return status == "0", text
end

--- Runs a command that has to succeed; the error shows what it printed.
---@param command string
---@return string output
function shell.must(command)
  local ok, output = shell.run(command)
  if not ok then
    error(command .. "\n" .. output, 2)
  end
  return output
end

---@param command string
---@return string[]
function shell.lines(command)
  local lines = {}
  for line in shell.must(command):gmatch("[^\n]+") do
    lines[#lines + 1] = line
  end
  return lines
end

---@return string path of a new directory
function shell.scratch()
  return shell.lines("mktemp -d")[1]
end

--- The start of a command that sees nothing of the tree under test: no path, no settings of a make above.
---@param home string
---@return string
function shell.clean(home)
  return "env -i PATH=" .. shell.quote(os.getenv("PATH")) .. " HOME=" .. shell.quote(home) .. " "
end

return shell
