--- `imr tou`

return require("imr.cli.listing").command {
  summary = "Time-of-use readings of a period.", endpoint = "tou_readings", title = "time-of-use readings",
  dated = true, list = true,
}
