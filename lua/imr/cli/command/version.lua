--- `imr version`

local write = require "imr.cli.output.write"

local version = { summary = "Print the version." }

function version.configure()
end

---@return integer exit status
function version.run()
  write(("imr %s (%s)\n"):format(require "imr.version", rawget(_G, "jit") and jit.version or _VERSION))
  return 0
end

return version
