--- `imr version`

local version = { summary = "Print the version." }

function version.configure()
end

---@return integer exit status
function version.run()
  print(("imr %s (%s)"):format(require "imr.version", rawget(_G, "jit") and jit.version or _VERSION))
  return 0
end

return version
