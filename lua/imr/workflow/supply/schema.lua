-- The tables of the supply ledger, version by version. A ledger of an older version is taken along when it is opened.

local connect = require "imr.database.connect"

local schema = {}

-- In version 2 a run says who it is, an intent which run has claimed it and whether it was cancelled, and a plan how
-- much of the ledger it was decided on: the number of the newest transition then. An older plan was decided on before
-- its first intent was written. In version 3 a run says whether it has supply to restore; in version 4 an
-- intent whose meter it was then, and a plan who made it by the system's number, who has to approve it, and who has.
local VERSIONS = {
  {
    [[CREATE TABLE plans (
      id INTEGER PRIMARY KEY AUTOINCREMENT, created TEXT NOT NULL, who TEXT NOT NULL, reason TEXT NOT NULL,
      settings TEXT NOT NULL)]],
    [[CREATE TABLE intents (
      id INTEGER PRIMARY KEY AUTOINCREMENT, plan INTEGER NOT NULL REFERENCES plans,
      device TEXT NOT NULL, meter_no TEXT, command TEXT NOT NULL, state_before TEXT, expires TEXT NOT NULL,
      confirm INTEGER NOT NULL DEFAULT 0, state TEXT NOT NULL, executed TEXT NOT NULL,
      attempts INTEGER NOT NULL DEFAULT 0, sent TEXT, changed TEXT NOT NULL, detail TEXT)]],
    "CREATE INDEX intents_of_device ON intents (device, id)",
    "CREATE INDEX intents_by_state ON intents (state, id)",
    [[CREATE TABLE transitions (
      id INTEGER PRIMARY KEY AUTOINCREMENT, intent INTEGER NOT NULL REFERENCES intents, at TEXT NOT NULL,
      state TEXT NOT NULL, executed TEXT NOT NULL, detail TEXT)]],
    "CREATE INDEX transitions_of_intent ON transitions (intent, id)",
  },
  {
    [[CREATE TABLE runs (
      id INTEGER PRIMARY KEY AUTOINCREMENT, place TEXT NOT NULL, process INTEGER NOT NULL, began TEXT NOT NULL,
      mark TEXT NOT NULL, who TEXT NOT NULL, started TEXT NOT NULL, ended TEXT)]],
    "CREATE INDEX runs_by_end ON runs (ended)",
    "ALTER TABLE intents ADD COLUMN run INTEGER REFERENCES runs",
    "ALTER TABLE intents ADD COLUMN cancel TEXT",
    "ALTER TABLE plans ADD COLUMN seen INTEGER NOT NULL DEFAULT 0",
    [[UPDATE plans SET seen = coalesce((SELECT min(t.id) - 1 FROM transitions AS t JOIN intents AS i ON i.id = t.intent
      WHERE i.plan = plans.id), 0)]],
  },
  {
    "ALTER TABLE runs ADD COLUMN urgent INTEGER NOT NULL DEFAULT 0",
  },
  {
    "ALTER TABLE intents ADD COLUMN user_code TEXT",
    "ALTER TABLE intents ADD COLUMN user_name TEXT",
    "ALTER TABLE intents ADD COLUMN house_number TEXT",
    "ALTER TABLE intents ADD COLUMN address TEXT",
    "ALTER TABLE plans ADD COLUMN uid INTEGER",
    "ALTER TABLE plans ADD COLUMN approver TEXT",
    "ALTER TABLE plans ADD COLUMN approved_by TEXT",
    "ALTER TABLE plans ADD COLUMN approved TEXT",
  },
}

---Brings a ledger to the newest version. Raises when it is newer than that.
---@param db imr.Database
function schema.migrate(db)
  db:transaction(function()
    local version = db:row("PRAGMA user_version").user_version
    if version > #VERSIONS then
      error(connect.problem("ledger", ("%s was written by a later version of imr"):format(db.shown)), 0)
    end
    for number = version + 1, #VERSIONS do
      for _, statement in ipairs(VERSIONS[number]) do db:execute(statement) end
      db:execute("PRAGMA user_version = " .. number)
    end
  end)
end

return schema
