-- postgres_keeper.lua PLACE: starts the PostgreSQL that the specs of one run share, writes its directory and port to
-- the file PLACE (nothing where there is no PostgreSQL), and keeps it until the standard input ends.
local place = ...
package.path = "./spec/?.lua;" .. package.path
local fine, server = pcall(require("support.postgres").start)
local file = assert(io.open(place .. ".new", "w"))
if fine then file:write(server.directory, "\n", server.port, "\n") end
file:close()
assert(os.rename(place .. ".new", place))
io.read "*a"
if fine then server:stop() end
