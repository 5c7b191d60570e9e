-- Drives a multi the way a runtime does, without one.
local fetch = {}

--- Runs until `count` transfers have ended (1).
function fetch.turn(multi, count)
  local ended = 0
  local limit = os.time() + 60
  while ended < (count or 1) do
    assert(os.time() < limit, "the transfers did not end")
    multi:perform()
    while multi:finished() do
      ended = ended + 1
    end
    if ended < (count or 1) then
      multi:poll(1)
    end
  end
end

--- One request from start to end.
---@return integer|nil status
---@return string|table body
---@return table headers
function fetch.get(multi, request)
  local transfer = assert(multi:start(request))
  fetch.turn(multi)
  return transfer:result()
end

--- What a failed transfer's result lacks of `expected`: equal fields, and a message that contains the text.
---@return string|nil
function fetch.mismatch(expected, status, err)
  if status ~= nil or type(err) ~= "table" then
    return "not a failure: " .. tostring(status) .. ", " .. tostring(err)
  end
  for name, value in pairs(expected) do
    local same = err[name] == value or name == "message" and err.message:find(value, 1, true)
    if not same then
      return ("%s is %s: %s"):format(name, tostring(err[name]), err.message)
    end
  end
end

return fetch
