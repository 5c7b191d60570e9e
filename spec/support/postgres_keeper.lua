-- postgres_keeper.lua PLACE: starts the PostgreSQL that the specs of one run share, writes its directory and port to
-- the file PLACE (nothing where there is no PostgreSQL), and keeps it until the standard input ends.
local place = ...
local LONGEST = 6 * 3600 -- a run under the sanitizers on a busy machine
package.path = "./spec/?.lua;" .. package.path
local fine, server = pcall(require("support.postgres").start, { seconds = LONGEST })
local file = assert(io.open(place .. ".new", "w"))
if fine then file:write(server.directory, "\n", server.port, "\n") end
file:close()
assert(os.rename(place .. ".new", place))
io.read "*a"
if fine then server:stop() end
