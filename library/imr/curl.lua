---@meta imr.curl
-- Made of the comments in csrc/ by `make docs`. Do not edit it.

---@class imr.curl
---@field libcurl string its version
local curl = {}

---A new multi. It opens nothing before the first start. The table in its user value keeps the running transfers, and with them the multi, from being collected.
---@return multi
function curl.multi() end

---@class imr.curl.multi: userdata
local multi = {}

---Starts a request. Nothing is sent before the next perform.
---@param request table url, method ("POST"), headers, body, timeout (30), connect_timeout (10), command, max_body, ca_file, proxy, user_agent. A command goes over a connection of its own, which is closed after it.
---@return transfer|nil
---@return string what is wrong
function multi:start(request) end

---Does what can be done without waiting.
---@return integer how many transfers are still running
function multi:perform() end

---Waits for a transfer to have something to do; returns at once when there is none. This blocks the process.
---@param seconds number at most (an hour is the longest)
function multi:poll(seconds) end

---The next transfer that has ended. To be called after perform, until it returns nil.
---@return transfer|nil
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
---@return string|table body, or an error with kind, message, and executed: "no" when no byte of the request has left
---@return table headers, with lower-case names
function transfer:result() end

---Ends the transfer; the connection is closed. Does nothing when it has ended.
function transfer:cancel() end

return curl
