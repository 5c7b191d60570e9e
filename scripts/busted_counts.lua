-- busted's plain output, and its own counts in the file that IMR_TEST_COUNTS names.
return function(options)
  local busted = require("busted")
  local handler = require("busted.outputHandlers.plainTerminal")(options)

  busted.subscribe({ "suite", "end" }, function()
    local file = assert(io.open(os.getenv("IMR_TEST_COUNTS"), "w"))
    local failed = handler.failuresCount + handler.errorsCount
    file:write(("%d %d %d\n"):format(handler.successesCount, failed, handler.pendingsCount))
    file:close()
    return nil, true
  end)

  return handler
end
