-- coverage_report.lua TREE LINES GCOV: the lines of csrc/ and lua/ that ran, by file, and those that did not.
-- LINES has "file:line" for Lua; in the directory GCOV are gcov's listings, of one build or several.
local tree, lua_lines, gcov = arg[1], arg[2], arg[3]

local files = {} -- name -> { line -> ran }

local function note(name, line, ran)
  files[name] = files[name] or {}
  files[name][line] = files[name][line] or ran
end

local function each_line_of(command, take)
  local pipe = assert(io.popen(command))
  for line in pipe:lines() do take(line) end
  pipe:close()
end

-- The end of something, or a comment: the compiler puts code there that is never reached.
local function is_bare(text)
  return text:match("^%s*[%]})end,;]*%s*$") or text:match("^%s*else%s*$") or text:match("^%s*%-%-")
end

-- What can run in a Lua file, as its compiler sees it.
local function read_lua_file(name)
  local texts = {}
  for text in io.lines(tree .. "/" .. name) do texts[#texts + 1] = text end
  each_line_of(("luac5.4 -l -p '%s/%s'"):format(tree, name), function(line)
    local number = tonumber(line:match("^\t%d+\t%[(%d+)%]"))
    if number and texts[number] and not is_bare(texts[number]) then note(name, number, false) end
  end)
end

each_line_of(("cd '%s' && find lua -name '*.lua'"):format(tree), read_lua_file)
for line in io.lines(lua_lines) do
  local name, number = line:match("^(.*):(%d+)$")
  number = tonumber(number)
  if files[name] and files[name][number] ~= nil then note(name, number, true) end
end

local listing -- whose lines come now, or nil where they are not ours

each_line_of(("cat '%s'/*.gcov"):format(gcov), function(line)
  local source = line:match("^%s*%-:%s+0:Source:(.*)$")
  if source then listing = source:match("^csrc/.*") end
  local count, number = line:match("^%s*([%d#*=]+):%s*(%d+):")
  if listing and count and tonumber(number) > 0 then note(listing, tonumber(number), not count:find("[#=]")) end
end)

local function ranges(lines)
  table.sort(lines)
  local parts, first = {}, nil
  for index, line in ipairs(lines) do
    first = first or line
    if lines[index + 1] ~= line + 1 then
      parts[#parts + 1] = first == line and tostring(line) or first .. "-" .. line
      first = nil
    end
  end
  return table.concat(parts, " ")
end

local function measure(lines)
  local count, missed = 0, {}
  for line, ran in pairs(lines) do
    count = count + 1
    if not ran then missed[#missed + 1] = line end
  end
  return count, missed
end

local names, sums = {}, { csrc = { 0, 0 }, lua = { 0, 0 } }
for name in pairs(files) do names[#names + 1] = name end
table.sort(names)
for _, name in ipairs(names) do
  local count, missed = measure(files[name])
  local sum = sums[name:match("^[^/]+")]
  sum[1], sum[2] = sum[1] + count, sum[2] + count - #missed
  print(("%-42s %5.1f %%  %5d lines  %s"):format(name, 100 * (count - #missed) / count, count, ranges(missed)))
end
for _, part in ipairs { "csrc", "lua" } do
  local sum = sums[part]
  print(("%-42s %5.1f %%  %5d lines"):format(part .. "/", 100 * sum[2] / math.max(1, sum[1]), sum[1]))
end
