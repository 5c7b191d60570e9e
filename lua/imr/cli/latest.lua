--- `imr latest`

return require("imr.cli.listing").command {
  summary = "The newest reading of each meter.", endpoint = "latest_readings", title = "latest readings",
}
