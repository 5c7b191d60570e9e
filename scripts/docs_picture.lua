-- Makes the picture of the README from what the demo prints:
--   make demo | scripts/run.sh lua5.4 scripts/docs_picture.lua >doc/demo.svg
--
-- A Chinese character takes two columns whatever the font: each run of characters has a place and a width of its own.

local COLUMN, LINE, MARGIN = 7.2, 17, 16
local colours = { text = "#24292f", ground = "#f6f8fa" }

-- Parts of the output that show what it does; the rest would make the picture too long to be read.
local wanted = { "^A simulated", "^Reading all", "^  after", "^How complete", "^meters %(", "^tou_%l+ %(",
  "^camera_readings %(", "^Cutting", "^What pacing" }

local function escape(text)
  return (text:gsub("[&<>]", { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;" }))
end

-- Runs of characters of one width: { text, columns a character }.
local function runs_of(line)
  local runs = {}
  for character in line:gmatch "[%z\1-\127\194-\244][\128-\191]*" do
    local columns = #character >= 3 and 2 or 1
    local last = runs[#runs]
    if last and last.columns == columns then
      last.text, last.count = last.text .. character, last.count + 1
    else
      runs[#runs + 1] = { text = character, columns = columns, count = 1 }
    end
  end
  return runs
end

local function draw_line(out, line, row)
  local column = 0
  for _, run in ipairs(runs_of(line)) do
    local width = run.columns * run.count
    if run.text:find "%S" then
      out[#out + 1] = ('<text x="%.1f" y="%d" textLength="%.1f" xml:space="preserve"%s>%s</text>'):format(
        MARGIN + column * COLUMN, MARGIN + row * LINE, width * COLUMN,
        line:find "^ " and "" or ' font-weight="bold"', escape(run.text))
    end
    column = column + width
  end
  return column
end

-- A part is a line that begins it and the indented lines below.
local function chosen(text)
  local lines, taking = {}, false
  for line in text:gmatch "([^\n]*)\n" do
    if not line:find "^  " then
      taking = false
      for _, pattern in ipairs(wanted) do taking = taking or line:find(pattern) ~= nil end
    end
    if taking and (line ~= "" or lines[#lines] ~= "") then lines[#lines + 1] = line end
    if line == "" and lines[#lines] and lines[#lines] ~= "" then lines[#lines + 1] = "" end
  end
  while lines[#lines] == "" do lines[#lines] = nil end
  return lines
end

---@param text string what the demo printed
---@return string svg
local function draw(text)
  local body, widest = {}, 0
  local lines = chosen(text)
  for row, line in ipairs(lines) do widest = math.max(widest, draw_line(body, line, row)) end
  local width, height = 2 * MARGIN + widest * COLUMN, 2 * MARGIN + #lines * LINE
  local head = '<svg xmlns="http://www.w3.org/2000/svg" width="%.0f" height="%d" viewBox="0 0 %.0f %d" role="img">'
  head = head:format(width, height, width, height)
  return table.concat({ head, ('<rect width="100%%" height="100%%" rx="6" fill="%s"/>'):format(colours.ground),
    ('<g font-family="ui-monospace, Menlo, Consolas, \'Noto Sans Mono CJK SC\', monospace" font-size="12" fill="%s">')
      :format(colours.text), table.concat(body, "\n"), "</g>", "</svg>", "" }, "\n")
end

if arg and arg[0] and arg[0]:find "docs_picture%.lua$" then
  io.write(draw(io.read "*a"))
end

return draw
