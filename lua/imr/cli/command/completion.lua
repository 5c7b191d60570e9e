--- `imr completion`: a script for the shell, made of the flags themselves.

local write = require "imr.cli.output.write"

local completion = { summary = "Print a completion script for bash, zsh or fish." }

local HINTS = [[To use it now:
  bash  source <(imr completion bash)
  zsh   source <(imr completion zsh)
  fish  imr completion fish | source]]

function completion.configure(parser)
  parser:argument("shell", "bash, zsh or fish."):choices { "bash", "zsh", "fish" }
  parser:epilog(HINTS)
end

---@return integer exit status
function completion.run(arguments)
  require("imr.os").catch_signals() -- a reader who has had enough is no failure
  local parser = require("imr.cli").parser()
  write(parser["get_" .. arguments.shell .. "_complete"](parser))
  return 0
end

return completion
