--- `imr consumption`

return require("imr.cli.listing").command {
  summary = "Consumption of a period.", endpoint = "consumption", title = "consumption", dated = true,
  configure = function(parser)
    parser:option("--granularity", "daily (default; its wire value is inferred), realtime, or a raw value.")
      :argname("HOW"):default("daily")
  end,
  parameters = function(arguments) return { granularity = arguments.granularity } end,
}
