--- `imr meters`

return require("imr.cli.listing").command {
  summary = "List the meters.", endpoint = "meters", title = "meters",
}
