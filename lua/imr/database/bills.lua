-- The tables of the bills: what was billed, and with what. Rows are only ever added; a bill that is void says so.

local column = require "imr.database.column"

local KEY = { key = true }

local bills = {
  column("id", "id", "Number of the bill", KEY),
  column("made_at", "time", "When it was made, Unix seconds"),
  column("period_from", "time", "Begin of its period, Unix seconds"),
  column("period_to", "time", "Last second of its period, Unix seconds"),
  column("utc_offset", "int", "The platform's clock that it was made with, seconds east of UTC"),
  column("freeze_window", "int", "Seconds after midnight in which a reading closes the day before"),
  column("program", "text", "Version of imr that made it"),
  column("adjusts", "int", "Bill of which this is an adjustment: its lines are differences; absent in a bill"),
  column("tariff_name", "text", "Name of the tariff file"),
  column("tariff", "text", "Its text"),
  column("meters", "text", "Text of the table of meters beside it"),
  column("decisions", "text", "Text of the table of decisions about lines that are held"),
  column("lines", "int", "Lines"),
  column("held", "int", "Lines that are held, as of this bill"),
  column("amount", "dec", "Sum of the lines"),
  column("voided_at", "time", "When it was declared void, Unix seconds; absent while it holds"),
  column("void_reason", "text", "Why it is void"),
}

local lines = {
  column("bill_id", "int", "The bill", KEY), column("number", "int", "Number of the line in it, from 1 on", KEY),
  column("meter_no", "text", "Number of the meter"),
  column("device_id", "text", "Its device, the last one of the period"),
  column("project_code", "text", "Code of the project"),
  column("kind", "text", "electricity or water"), column("tariff", "text", "Name of its tariff"),
  column("user_code", "text", "Code of who pays"), column("user_name", "text", "Name of who pays"),
  column("building", "text", "What the address begins with"), column("address", "text", "Address"),
  column("house_number", "text", "House number"),
  column("from_time", "time", "Begin of the line's part of the period, Unix seconds"),
  column("to_time", "time", "Moment at which it ends, Unix seconds"),
  column("since", "time", "Begin of the tenancy, Unix seconds; absent where none is known"),
  column("opening", "dec", "Register at the beginning"),
  column("opening_time", "time", "When that was read, Unix seconds"),
  column("closing", "dec", "Register at the end"),
  column("closing_time", "time", "When that was read, Unix seconds"),
  column("multiplier", "dec", "Multiplier of the meter"), column("share", "text", "Share of the meter, a fraction"),
  column("usage", "dec", "Usage, times multiplier and share; of an adjustment the difference"),
  column("sharp", "dec", "Of it in sharp hours, as it is known now"),
  column("peak", "dec", "Of it in peak hours, as it is known now"),
  column("flat", "dec", "Of it in flat hours, as it is known now"),
  column("valley", "dec", "Of it in valley hours, as it is known now"),
  column("year_used", "dec", "What was used in the year before, where the tariff asks for it"),
  column("charges", "json", "Quantities, prices and amounts that make the amount, as it is known now"),
  column("readings", "json", "The readings that it is made of"),
  column("amount", "dec", "Amount; of an adjustment the difference; absent where the line is held"),
  column("status", "text", "billed or held"), column("reasons", "text", "Names of rules, joined by commas"),
  column("decided_by", "text", "Who decided what is billed"), column("decision", "text", "Why so"),
}

return {
  { name = "bills", comment = "Bills, adjustments of them, and what they were made with", columns = bills },
  { name = "bill_lines", comment = "Lines of the bills: what each tenant has to pay, or why that is not known",
    columns = lines },
}
