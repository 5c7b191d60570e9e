--- `imr readings`

return require("imr.cli.listing").command {
  summary = "Readings of a period.", endpoint = "readings", title = "readings", dated = true, list = true,
}
