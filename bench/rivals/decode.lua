-- decode.lua cjson|typed|number|string ENDPOINT FILE: milliseconds to decode the file once.

package.path = "./?.lua;" .. package.path

local codec = require "imr.client.codec"
local cjson = require "cjson"
local typed = require "bench.typed"

local way, endpoint, path = arg[1], arg[2], arg[3]
local CHINA, SECONDS = 8 * 3600, 0.3

local decode = ({ cjson = cjson.decode,
  typed = function(text) return typed(endpoint, text) end })[way]
  or function(text) return assert(codec.decode(endpoint, text, way, CHINA)) end

local file = assert(io.open(path))
local text = file:read("*a")
file:close()
for _ = 1, 5 do decode(text) end
local began, count = os.clock(), 0
repeat
  decode(text)
  count = count + 1
until os.clock() - began >= SECONDS
print((os.clock() - began) / count * 1000)
