-- The half of support/site.lua that runs inside nginx.
local cjson = require("cjson").new()
cjson.encode_sparse_array(true)

local ngx = rawget(_G, "ngx")

local run = {}

local function body()
  ngx.req.read_body()
  local text = ngx.req.get_body_data()
  if text then return text end
  local file = assert(io.open(ngx.req.get_body_file()))
  text = file:read("*a")
  file:close()
  return text
end

local function pack(...)
  return { n = select("#", ...), ... }
end

--- Runs the code of { code, arguments } and answers with what it returned, or the error that it raised.
function run.serve()
  local given = cjson.decode(body())
  local results = pack(xpcall(assert(loadstring(given.code, "=run")), debug.traceback, unpack(given.arguments)))
  local answer = { ok = results[1], count = results.n - 1, results = { unpack(results, 2, results.n) } }
  if not answer.ok then answer.results[1] = tostring(answer.results[1]) end
  local fine, text = pcall(cjson.encode, answer)
  if not fine then text = cjson.encode { ok = false, count = 1, results = { text } } end
  ngx.header["Content-Length"] = #text
  ngx.print(text)
end

return run
