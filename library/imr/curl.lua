---@meta imr.curl
-- Made of the comments in csrc/ by `make docs`. Do not edit it.

---@class imr.curl
---@field libcurl string its version
local curl = {}

---A new multi. It opens nothing before the first start. The table in its user value keeps the running transfers, and with them the multi, from being collected.
---@param portion? integer bytes of each body, about, that one perform reads (4,096 or more), for a caller who has other things to do meanwhile; else all that is there
---@return imr.curl.multi
function curl.multi(portion) end

---@class imr.curl.multi: userdata
local multi = {}

---Starts a request. Nothing is sent before the next perform.
---@param request table url, method ("POST"), headers, body, timeout (30), connect_timeout (10), command, leave_within, max_body, ca_file, proxy, user_agent. With leave_within no byte leaves later than so many seconds from now. A command goes over a connection of its own, which is closed after it.
---@return imr.curl.transfer|nil
---@return string|nil what is wrong
function multi:start(request) end

---Does what can be done without waiting.
---@return integer how many transfers are still running
---@return boolean whether there is more to read at once
---@return integer how many have ended, for `finished` to give out; one of those may only need another connection
function multi:perform() end

---Waits for a transfer to have something to do; returns at once when there is none, or more to read. This blocks the process.
---@param seconds number at most (an hour is the longest)
function multi:poll(seconds) end

---The next transfer that has ended. To be called after a perform that tells of any, until it returns nil.
---@return imr.curl.transfer|nil
function multi:finished() end

---Whether this is a copy that a fork made of another process's multi. Such a copy refuses all else.
---@return boolean
function multi:is_forked() end

---Cancels what is running and closes all connections. Nothing can be started any more.
function multi:close() end

---@class imr.curl.transfer: userdata
local transfer = {}

---The outcome. Nothing while the transfer runs. To be called once: the answer's memory goes with it.
---@return integer|nil status
---@return string|table|nil body, or an error with kind, message, executed ("no" when no byte of the request has left) and, of one that left, sent_after
---@return table|nil headers, with lower-case names
---@return number|nil sent_after seconds until the request left: those that a new connection took
function transfer:result() end

---Ends the transfer; the connection is closed. Does nothing when it has ended.
function transfer:cancel() end

---Ends the transfer like cancel, but only when no byte of the request can have left.
---@return boolean whether it was ended
function transfer:withdraw() end

return curl
