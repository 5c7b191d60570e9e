-- Where a user's programs keep their state, by the rules of freedesktop.org: $XDG_STATE_HOME, else ~/.local/state.

---@return string|nil directory nil when there is no home
return function()
  local state, home = os.getenv("XDG_STATE_HOME"), os.getenv("HOME")
  if state and state:sub(1, 1) == "/" then return state .. "/imr" end
  return home and home ~= "" and home .. "/.local/state/imr" or nil
end
