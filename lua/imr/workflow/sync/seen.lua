--- Which rows a listing has shown, by group (see imr.workflow.sync.rows), and those of which it is not known yet what
--- they are: corrections, or rows beside others.
---
--- Nearly every group is one row that is stored just so: of that its copy is kept, and nothing else. A listing of the
--- sync has some ten thousand rows.

local Seen = {}
Seen.__index = Seen

local seen = {}

---What a row's meter, project and device are known by here.
---@param meter_no string
---@param project_code? string
---@param device_id? string
---@return string
function seen.identity(meter_no, project_code, device_id)
  return meter_no .. "\0" .. (project_code or "") .. "\0" .. (device_id or "")
end

---Makes one of nothing.
function seen.new()
  return setmetatable({ groups = {}, open = {} }, Seen)
end

local function moments_of(self, identity)
  local moments = self.groups[identity]
  if not moments then
    moments = {}
    self.groups[identity] = moments
  end
  return moments
end

---What has been shown of a group: the copy of its one row, or its rows where that says not enough; nil: nothing.
---@param identity string of meter, project and device
---@param moment integer
---@return integer|table[]|nil
function Seen:of(identity, moment)
  local moments = self.groups[identity]
  return moments and moments[moment]
end

---A group has one row, which is stored under this copy.
function Seen:stands(identity, moment, copy)
  moments_of(self, identity)[moment] = copy
end

---A group's rows are looked at when the listing has ended.
---@param rows table[]
function Seen:keep_open(identity, moment, rows)
  moments_of(self, identity)[moment] = rows
  self.open[#self.open + 1] = rows
end

return seen
