---@meta imr.os
-- Made of the comments in csrc/ by `make docs`. Do not edit it.

---@class imr.os
local os = {}

---Notes which sockets there are, so that the one that a library opens next can be told from them.
---@return imr.os.limit|nil
---@return string|nil what is wrong
function os.call_limit() end

---@class imr.os.limit: userdata
local limit = {}

---Finds the connection that was made since, for the calls that follow. Between two calls.
---@return true|nil
---@return string|nil what is wrong
function limit:attach() end

---A call begins.
---@param seconds number that it may last
function limit:begin(seconds) end

---The call has returned.
---@return string|nil "limit" or "signal": why its connection was shut down, in this call or an earlier one
function limit:done() end

---Ends the thread; the connection stays as it is. Twice is fine.
function limit:close() end

---Starts a shell command: in a process group of its own, with nothing to read, its output on stderr.
---@param line string
---@return imr.os.child|nil
---@return string|nil what is wrong
function os.child(line) end

---@class imr.os.child: userdata
local child = {}

---Has it ended? Does not wait.
---@return integer|nil its exit status, 128 more than the signal that ended it; nil while it runs
function child:status() end

---Ends it, with all processes of its group. Twice is fine.
function child:stop() end

---Prepares the replacement of a file. A device or a pipe can't be replaced: there is no second path then.
---@param path string
---@return string|nil target to write or to rename to
---@return string|nil an empty file beside it that is to be written; with a nil target: what is wrong
function os.prepare_output(path) end

---Puts a file in the place of another, its bytes and its name written through to the disk. Only a regular file is replaced.
---@param from string
---@param to string
---@return true|nil
---@return string|nil what is wrong
function os.replace_file(from, to) end

---Makes a directory (0700) with what is missing above it, or checks the one that is there.
---@param path string
---@return true|nil
---@return string|nil what is wrong
function os.private_directory(path) end

---The text of a private file, which has at most 64 KiB.
---@param path string
---@return string|nil text; nil alone when there is no file
---@return string|nil what is wrong
---@return true|nil there is more than that
function os.private_read(path) end

---Replaces a private file (0600) as a whole. Only one writer at a time: see private_lock.
---@param path string
---@param text string
---@return true|nil
---@return string|nil what is wrong
function os.private_write(path, text) end

---Makes an empty private file (0600), or checks the one that is there without opening it.
---@param path string
---@return true|nil
---@return string|nil what is wrong
function os.private_make(path) end

---Tells which file is at a path, so that one can notice that it is another by now.
---@param path string
---@return string|nil nil where there is none
function os.file_identity(path) end

---@class imr.os.lock: userdata
local lock = {}

---Gives the lock back. Twice is fine.
function lock:release() end

---Takes a lock that ends with its owner, or with release().
---@param path string of a file to lock; made when it is missing
---@return imr.os.lock|nil lock; nil alone while somebody else has it
---@return string|nil what is wrong
function os.private_lock(path) end

---When a process of this host began, in a form that only tells it from others with the same id.
---@param id integer
---@return string|nil nil when there is no such process any more; "" when there is one and nobody tells
function os.process_began(id) end

---Where process ids mean what they mean here: this host, since it was started, and the container.
---@return string
function os.process_place() end

---The login name of the real user of this process.
---@return string|nil
---@return integer the user's number
function os.user_name() end

---Whether this host has a user of that name.
---@param name string
---@return boolean
function os.is_user(name) end

---Notes SIGINT, SIGTERM, SIGHUP and SIGQUIT instead of ending, and ignores SIGPIPE. For a program's own use.
function os.catch_signals() end

---The first signal that was caught.
---@return integer|nil
function os.caught_signal() end

---Is this descriptor a terminal?
---@param descriptor integer
---@return boolean
function os.is_terminal(descriptor) end

---How many columns the terminal has.
---@param descriptor integer
---@return integer|nil nil where it is no terminal or does not say
function os.terminal_columns(descriptor) end

---Has whoever reads from this descriptor gone?
---@param descriptor integer
---@return boolean
function os.is_hung_up(descriptor) end

---Asks at the terminal for what nobody may see. The echo comes back whatever happens, signals included: they are caught from here on.
---@param prompt string
---@return string|nil
---@return string|nil what went wrong
function os.ask_secret(prompt) end

---Asks at the terminal for a line. Signals are caught from here on, and end it.
---@param prompt string
---@return string|nil
---@return string|nil what went wrong
function os.ask_line(prompt) end

return os
