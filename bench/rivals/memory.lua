-- memory.lua URL imr|script FROM TO: the process's highest memory in MB while it adds up all readings.
--
--   imr      row by row from a cursor
--   script   all pages into one table, then the sum

local post = dofile "bench/rivals/post.lua"

local url, way, from, to = arg[1], arg[2], arg[3], arg[4]

local function stream()
  local client = assert(require("imr").new {
    base_url = url, username = "demo", password = "demo-secret", interval = 0,
  })
  local sum, rows = 0, 0
  for row in client:readings { from = from, to = to } do sum, rows = sum + (row.reading or 0), rows + 1 end
  return rows
end

local function collect()
  local token = post(url .. "/user/login", { admin_user_name = "demo", api_password = "demo-secret" }).data
  local all, number = {}, 1
  repeat
    local answer = post(url .. "/meter/readMeterList", { admin_user_name = "demo", token = token, pageNo = number,
      pageSize = 1000, BeginDate = from .. " 00:00:00", EndDate = to .. " 23:59:59" })
    for _, row in ipairs(answer.data) do all[#all + 1] = row end
    number = number + 1
  until #answer.data < 1000
  local sum = 0
  for _, row in ipairs(all) do sum = sum + tonumber(row.reading) end
  return #all
end

local rows = (way == "imr" and stream or collect)()
assert(rows > 50000, rows .. " rows")
local status = assert(io.open("/proc/self/status"))
print(tonumber(status:read("*a"):match("VmHWM:%s*(%d+)")) / 1024)
status:close()
