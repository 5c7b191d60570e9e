-- What is public: each module of the reference, and the files that its comments are in. `of` says which functions of a
-- file belong to it, by the name that they hang on in the source, and what that is called in the reference.

local sources = require "libraries"

return {
  { name = "imr", parts = {
    { file = "lua/imr/init.lua", of = { imr = "imr" } },
    { file = "lua/imr/runtime/threads.lua", of = { threads = "imr" } },
    { file = "lua/imr/client/options.lua" },
    { file = "lua/imr/client/events.lua" },
    { file = "library/imr/types.lua" },
  } },
  { name = "imr.client", parts = {
    { file = "lua/imr/client/init.lua", of = { Client = "client" } },
    { file = "library/imr/listings.lua", of = { Client = "client" } },
    { file = "lua/imr/client/command.lua" },
    { file = "lua/imr/client/stats.lua" },
  } },
  { name = "imr.cursor", parts = { { file = "lua/imr/client/cursor.lua", of = { Cursor = "cursor" } } } },
  { name = "imr.time", parts = { { file = "lua/imr/time.lua", of = { time = "imr.time" } } } },
  { name = "imr.decimal", parts = {
    { file = "lua/imr/decimal.lua", of = { decimal = "decimal", Decimal = "number" } },
  } },
  { name = "imr.store", parts = {
    { file = "lua/imr/store/init.lua", of = { store = "imr.store" } },
    { file = "lua/imr/store/redis/init.lua" },
  } },
  { name = "imr.transport", parts = {
    { file = "lua/imr/transport/init.lua" },
    { file = "lua/imr/transport/curl.lua" },
  } },
  { name = "imr.testing", parts = {
    { file = "lua/imr/testing.lua", of = { testing = "testing", World = "world" } },
  } },
  { name = "imr.workflow.plan", parts = { { file = "lua/imr/workflow/plan.lua", of = { plan = "plan" } } } },
  { name = "imr.workflow.supply", parts = {
    { file = "lua/imr/workflow/supply/init.lua", of = { workflow = "supply", supply = "supply" } },
    { file = "lua/imr/workflow/supply/plan.lua" },
    { file = "lua/imr/workflow/supply/queue.lua" },
  } },
  { name = "imr.database", parts = {
    { file = "lua/imr/database/init.lua", of = { database = "database" } },
    { file = "lua/imr/database/handle.lua", of = { Database = "db" } },
    { file = "lua/imr/database/tables.lua" },
    { file = "lua/imr/database/column.lua" },
  } },
  { name = "imr.workflow.sync", parts = {
    { file = "lua/imr/workflow/sync/init.lua", of = { sync = "sync" } },
    { file = "lua/imr/workflow/sync/coverage.lua" },
  } },
  { name = "imr.workflow.export", parts = { { file = "lua/imr/workflow/export.lua", of = { export = "export" } } } },
  { name = "imr.workflow.quality", parts = {
    { file = "lua/imr/workflow/quality/init.lua", of = { quality = "quality" } },
    { file = "lua/imr/workflow/quality/rules.lua" },
  } },
  { name = "imr.workflow.metering", parts = {
    { file = "lua/imr/workflow/metering/init.lua", of = { metering = "metering" } },
    { file = "lua/imr/workflow/metering/usage.lua" },
    { file = "lua/imr/workflow/metering/where.lua" },
    { file = "lua/imr/workflow/metering/groups.lua" },
  } },
  { name = "imr.workflow.bill", parts = {
    { file = "lua/imr/workflow/bill/init.lua", of = { bill = "bill" } },
    { file = "lua/imr/workflow/bill/tariff.lua" },
    { file = "lua/imr/workflow/bill/lines.lua" },
    { file = "lua/imr/workflow/bill/sums.lua" },
  } },
  { name = "imr.workflow.cutoff", parts = { { file = "lua/imr/workflow/cutoff.lua", of = { cutoff = "cutoff" } } } },
  { name = "imr.workflow.statement", parts = {
    { file = "lua/imr/workflow/statement/init.lua", of = { statement = "statement" } },
  } },
  { name = "imr.workflow.report", parts = {
    { file = "lua/imr/workflow/report/init.lua", of = { report = "report" } },
  } },
  { name = "imr.core", c = sources "core",
    constants = { "null lightuserdata what JSON's null becomes, lua-cjson's too" },
    about = "The C core: decoding, pace, token and clocks.\n"
      .. "It does no I/O of its own accord. The client uses it; a program rarely has to." },
  { name = "imr.curl", c = sources "curl", constants = { "libcurl string its version" },
    about = "HTTP requests on one curl_multi, without a callback into Lua.\n"
      .. "The transport \"curl\" uses it; whoever brings another transport never loads it." },
  { name = "imr.os", c = sources "os",
    about = "Terminal, signals, processes, and files that are replaced as a whole or their owner's alone.\n"
      .. "For programs, databases and the file store: a worker of nginx without them never loads it." },
  { name = "imr.xlsx", c = sources "xlsx",
    about = "Workbooks for spreadsheets, through libxlsxwriter; made where its headers are.\n"
      .. "The program's --format xlsx uses it." },
}
