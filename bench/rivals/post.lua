-- What a script would write: one POST over luasocket, the answer through lua-cjson.
local cjson = require "cjson"
local http = require "socket.http"
local ltn12 = require "ltn12"

return function(url, parameters)
  local body, pieces = cjson.encode(parameters), {}
  assert(http.request {
    url = url, method = "POST", source = ltn12.source.string(body), sink = ltn12.sink.table(pieces),
    headers = { ["Content-Type"] = "application/json", ["Content-Length"] = #body },
  })
  return cjson.decode(table.concat(pieces))
end
