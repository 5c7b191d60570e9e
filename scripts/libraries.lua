-- The libraries in C, as the Makefile builds them: the folders of csrc/ that each is made of.
local libraries = {
  core = { "base", "decode", "file", "json", "slots" },
  curl = { "http" },
  os = { "file", "os" },
  xlsx = { "xlsx" },
}

--- The files of one, in order.
---@param name string
---@return string[]
return function(name)
  local found = {}
  for _, folder in ipairs(libraries[name]) do
    local pipe = assert(io.popen("LC_ALL=C; ls csrc/" .. folder .. "/*.c"))
    for line in pipe:lines() do found[#found + 1] = line end
    pipe:close()
  end
  return found
end
