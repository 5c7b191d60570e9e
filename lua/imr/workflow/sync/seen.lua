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

---What has been shown of a meter, project and device, by moment: the copy of its one row, or its rows where that says
---not enough. What is new is noted there.
---@param identity string
---@return table<integer, integer|table[]>
function Seen:moments(identity)
  local moments = self.groups[identity]
  if not moments then
    moments = {}
    self.groups[identity] = moments
  end
  return moments
end

---Has a row of this moment been shown?
---@param identity string
---@param moment integer
---@return boolean
function Seen:has(identity, moment)
  local moments = self.groups[identity]
  return moments ~= nil and moments[moment] ~= nil
end

---A group's rows are looked at when the listing has ended.
---@param moments table
---@param moment integer
---@param rows table[]
function Seen:keep_open(moments, moment, rows)
  moments[moment] = rows
  self.open[#self.open + 1] = rows
end

return seen
