-- Code in a Lua state of its own, whose allocator fails at the n-th allocation (support/failing_alloc.c).
local files = require "support.files"
local native = require "support.native"

local failing = {}
failing.__index = failing

local library

--- Runs `code`, which returns the function that is to be tried; that one returns a text.
---@param code string
function failing.new(code)
  library = library or native.library(assert(files.read("spec/support/failing_alloc.c")), "luaopen_failing_alloc")
  local self = setmetatable({ state = library.new(package.path, package.cpath) }, failing)
  local jit = rawget(_G, "jit")
  if jit then assert(self.state:load("jit.off() return function() end")) end -- traces take memory when they like
  assert(self.state:load(code))
  return self
end

--- Once with all memory it wants.
---@return string
function failing:run()
  return (assert(self.state:run(0, 0)))
end

--- For every n: from the n-th allocation on `failures` fail. Stops when the function does not come to its n-th.
---@param failures integer
---@param check fun(n: integer, result: string|nil, problem: string|nil)
---@return integer n
function failing:every(failures, check)
  local n = 0
  while true do
    local result, problem, hit = self.state:run(n + 1, failures)
    if not hit then return n end
    n = n + 1
    check(n, result, problem)
  end
end

---@return number bytes in use after a full collection
function failing:bytes()
  return self.state:bytes()
end

--- Ends the state.
---@return number bytes that it has not given back
function failing:close()
  return self.state:close()
end

return failing
