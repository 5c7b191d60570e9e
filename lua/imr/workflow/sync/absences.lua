--- What the steps of one listing lacked in a run, and what follows from it when the run has ended.

local doubt = require "imr.workflow.sync.doubt"

local Absences = {}
Absences.__index = Absences

local absences = {}

function absences.new()
  return setmetatable({ steps = {}, ids = {}, rows = 0, absent = 0, oldest = math.huge }, Absences)
end

---A step has ended.
---@param id integer its row in listings
---@param absent? table what it lacked
---@param writer { shown: integer, oldest: number? } how many rows that could be used it showed; the oldest one's moment
function Absences:note(id, absent, writer)
  self.rows, self.oldest = self.rows + writer.shown, math.min(self.oldest, writer.oldest or math.huge)
  if absent and absent:any() then
    self.steps[#self.steps + 1] = absent
    self.ids[#self.ids + 1] = id
    self.absent = self.absent + absent:count()
  end
end

-- Why what is lacking is not believed, or nil: more than there is left does not go at once.
local function doubt_of(self, job, listing)
  if self.rows > 0 and self.absent <= self.rows then return doubt.clear(job.db, listing.name) end
  if #self.steps == 0 or not doubt.remains(job.db, listing.name, job.clock()) then return nil end
  local what = listing.moment and "row" or "meter"
  return (self.rows > 0 and "most %ss are not" or "no %s is"):format(what)
    .. " listed any more: all are kept, until a run an hour later agrees"
end

-- Since when what is lacking is withdrawn. Of what is older than everything that was listed, one row was taken back;
-- several are where the platform's own history has come to its end.
local function begin_of(self)
  local older, oldest = 0, math.huge
  for _, absent in ipairs(self.steps) do
    local count, first = absent:before(self.oldest)
    older, oldest = older + count, math.min(oldest, first)
  end
  return older == 1 and oldest or self.oldest
end

---Judges what was lacking.
---@param job table
---@param listing imr.sync.Listing
---@param writer table
function Absences:judge(job, listing, writer)
  if #self.steps == 0 and self.rows == 0 then return end
  job.db:transaction(function()
    local why = doubt_of(self, job, listing)
    if why then return job.run:doubted(self.ids, listing, why) end
    local since = self.rows > 0 and listing.moment and begin_of(self) or -math.huge
    for _, absent in ipairs(self.steps) do job.run:add(writer:withdraw(absent, since)) end
  end)
end

return absences
