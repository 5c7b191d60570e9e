--- Numbers that look random and are a function of their arguments, the same on every Lua: products stay below 2^53,
--- so neither doubles nor 64-bit integers lose a digit. Nothing secret hangs on them.

local hash = {}

local PRIME = 2147483647

-- The square term matters: a purely linear step would turn neighbouring meters into neighbouring values.
local function step(state, value)
  local x = (state + value) % PRIME
  local low = x % 32768
  local high = (x - low) / 32768
  return (x * 48271 + (low + 7) * (high + 13)) % PRIME
end

---@param seed number
---@param a number
---@param b? number
---@param c? number
---@return number integer in 0 .. 2^31-2
function hash.of(seed, a, b, c)
  local state = step(step(seed, 1013904223), a)
  state = step(step(state, 374761393), b or 0)
  if c then
    state = step(state, c)
  end
  return step(step(state, 668265263), 99991)
end

--- Even in [0, 1).
---@return number
function hash.unit(seed, a, b, c)
  return hash.of(seed, a, b, c) / PRIME
end

--- A number for a name, to keep the draws of different purposes apart.
---@param text string
---@return number
function hash.name(text)
  local state = 17
  for i = 1, #text do
    state = step(state, text:byte(i))
  end
  return state
end

return hash
