--- `imr version`

local write = require "imr.cli.output.write"

local version = { summary = "Print the version." }

function version.configure()
end

---@return integer exit status
function version.run()
  write(("imr %s (%s)\n"):format(require "imr.version", require("imr.base.host").lua()))
  return 0
end

return version
