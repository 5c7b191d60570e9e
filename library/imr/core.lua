---@meta imr.core
-- Made of the comments in csrc/ by `make docs`. Do not edit it.

---@class imr.core
---@field null lightuserdata what JSON's null becomes, lua-cjson's too
local core = {}

---A text of somebody else's in one line: each control character, each character that turns the direction of writing or is not seen, and each byte that is no UTF-8, becomes a "?".
---@param text string
---@return string
function core.clean(text) end

---One clock for all processes of the host, which nobody sets back.
---@return number seconds since the host was started
function core.now() end

---The time of day, which somebody may set.
---@return number Unix seconds, with their fraction
function core.unix_time() end

---Blocks.
---@param seconds number
---@return number the seconds that were left when a signal ended it, else 0
function core.sleep(seconds) end

---Unix seconds of a time.
---@param text string "YYYY-MM-DD HH:MM:SS", with T for the blank, without seconds, or a bare date
---@param utc_offset number seconds east of UTC of the clock that is meant
---@param edge? string "from": a bare date is its first second, "to": its last
---@return integer|nil seconds
---@return string|nil what is wrong
function core.parse_time(text, utc_offset, edge) end

---A time in the platform's form.
---@param seconds number Unix seconds; fractions are cut off
---@param utc_offset number seconds east of UTC
---@return string|nil "YYYY-MM-DD HH:MM:SS"
---@return string|nil what is wrong
function core.format_time(seconds, utc_offset) end

---The id of this process. What must not be shared with a fork's child is kept together with it.
---@return integer
function core.process_id() end

---Occupies those of the descriptors 0, 1 and 2 that are closed. To be called before anything is opened whose number is not ours to choose. Reading and writing there goes on failing.
function core.keep_standard_descriptors() end

---Is this text UTF-8?
---@param text string
---@return true|false
---@return integer|nil the place of the first byte that is not, from 1
function core.is_utf8(text) end

---The beginning of a text, cut where a character ends.
---@param text string
---@param most integer bytes
---@return string
function core.cut(text, most) end

---The text, with U+FFFD for each byte that is not UTF-8.
---@param text string
---@return string
function core.as_utf8(text) end

---A text in GB18030, which Chinese Windows writes, as UTF-8.
---@param text string
---@return string|nil nil where it is none, or where this system cannot read it
function core.from_gb18030(text) end

---Decodes the body of an answer.
---@param type record_type|string of its rows, or "token", or "nothing" where no data is expected
---@param body string
---@param decimals string "number", or "string" for the server's own digits
---@param utc_offset number seconds east of UTC of the platform's clock
---@return table|nil answer code, message, total, form, rows, ids, misfit, token
---@return string|nil what is wrong, and where
function core.decode(type, body, decimals, utc_offset) end

---@class imr.core.decoder: userdata
local decoder = {}

---Reads on.
---@param bytes number about so many
---@return boolean|table|nil false: there is more
---@return string|nil what is wrong, and where
function decoder:read(bytes) end

---Decodes the body of an answer in slices, between which the caller may do other things.
---@param type record_type|string as for `decode`
---@param body string
---@param decimals string
---@param utc_offset number
---@return imr.core.decoder
function core.decoder(type, body, decimals, utc_offset) end

---What the records of an answer look like.
---@param fields table list of {name, type, wire, words, derived} as in imr.schema, 40 at most
---@param more? table identity: names of the fields that tell one record from others, where its content does not; for telling rows of another type from ours, sets of fields, as numbers whose lowest bit is the first one: telling: one of them is in a list's rows; beyond: list of those that each other type has not; and foreign: by a key that we have not, the set of the other types that have it
---@return record_type
function core.record_type(fields, more) end

---Decodes any JSON text, strictly.
---@param text string
---@return any|nil value; null is `core.null`
---@return string|nil what is wrong, and where
function core.json(text) end

---@class imr.core.window: userdata
local window = {}

---Takes the next page. Rows that are twice on one page are both new.
---@param rows table
---@param ids string of the rows, as `decode` gives them
---@return table rows those that none of the pages before had: the same list where all are new
---@return integer count of the others
function window:take(rows, ids) end

---Remembers the rows of a listing's last pages.
---@param pages integer so many
---@return imr.core.window
function core.window(pages) end

---Opens the slot file, which is built when it is new, from another boot or not a slot file.
---@param path string
---@return imr.core.slots|nil slots; nil alone while another process has the file locked, to build it
---@return boolean|string was it damaged; or what is wrong
function core.slots_open(path) end

---Which boot of the host this is: times of core.now are comparable only within one.
---@return string 16 hexadecimal digits
function core.boot() end

---Takes the next slot.
---@param next number earliest time of the next request, seconds
---@param now number seconds, same clock
---@param interval number seconds
---@param max_wait number seconds
---@return number|nil start, or nil when that is more than max_wait away
---@return number the slot's new `next`; without a grant: the seconds that it would take
function core.pace_reserve(next, now, interval, max_wait) end

---Gives an unused slot back, unless somebody has queued behind it.
---@param next number
---@param held number the start that was granted
---@param interval number seconds
---@return number the slot's new `next`
function core.pace_release(next, held, interval) end

---Can this token still be used for a call?
---@param obtained number seconds, when the login that gave it was sent
---@param now number seconds, same clock
---@return boolean
function core.token_fresh(obtained, now) end

---Fingerprint of texts, such as an account's name and password.
---@param ... string one text or more
---@return string 16 hexadecimal digits
function core.fingerprint(...) end

---@class imr.core.slots: userdata
local slots = {}

---Takes the next slot of a key.
---@param key string
---@param interval number seconds until the slot after it
---@param max_wait number seconds
---@param unused? number start of a slot that was taken and not used: free again if it is the last
---@param behind? number its interval
---@return number|nil start on the clock of core.now
---@return number|nil without a slot: how far it is, seconds; nil when the file cannot be used
---@return string|nil why it cannot; without that, it must be opened again
function slots:reserve(key, interval, max_wait, unused, behind) end

---In how many seconds the next slot of a key is free.
---@param key string
---@return number|nil seconds
---@return nil
---@return string|nil as of reserve
function slots:look(key) end

---No slot of a key starts before a time.
---@param key string
---@param time number on the clock of core.now
---@return true|nil
---@return nil
---@return string|nil as of reserve
function slots:push_back(key, time) end

---Takes a lock, or keeps it for longer. It is another's when its time is over, or when its process has ended.
---@param key string of no slot
---@param ttl number seconds
---@param held? integer what it was taken with, to keep it
---@return integer|nil held
---@return number|nil without the lock: seconds that the other's lasts at most; nil when the file cannot be used
---@return string|nil as of reserve
function slots:lock(key, ttl, held) end

---Gives a lock back, unless it has gone to somebody else.
---@param key string
---@param held integer what it was taken with
function slots:unlock(key, held) end

return core
