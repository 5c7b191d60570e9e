-- Base64 undone, leniently: for looking into texts, not for reading them.

local ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

local values = { [("+"):byte()] = 62, [("-"):byte()] = 62, [("/"):byte()] = 63, [("_"):byte()] = 63 }
for index = 1, #ALPHABET do values[ALPHABET:byte(index)] = index - 1 end

local base64 = {}

---What text may be Base64, in either alphabet; a pattern.
base64.RUN = "[A-Za-z0-9+/_-]+=*"

---@param text string as `RUN` finds it; what is left over at its end is dropped
---@param first integer where to begin: a fragment need not begin where four characters do
---@return string
function base64.decode(text, first)
  local out, bits, kept = {}, 0, 0
  for index = first, #text do
    local value = values[text:byte(index)]
    if not value then break end
    bits, kept = bits % 64 * 64 + value, kept + 6
    if kept >= 8 then
      kept = kept - 8
      out[#out + 1] = string.char(math.floor(bits / 2 ^ kept) % 256)
    end
  end
  return table.concat(out)
end

return base64
