-- The rows of a query in the order of the meters' numbers, which its first column is: a meter at a time.

local is_before = require "imr.base.is_before"
local row_maker = require "imr.database.row_maker"

local stream = {}

---@class imr.MeteringStream
---@field at table<string, integer> places of the columns in a list
---@field head any[]|nil the next row
local Stream = {}
Stream.__index = Stream

---@param next_list fun(): any[]|nil
---@param name string of the table
---@param columns string[]
---@return imr.MeteringStream
function stream.new(next_list, name, columns)
  local at = {}
  for index, column in ipairs(columns) do at[column] = index end
  return setmetatable({ next_list = next_list, make = row_maker(name, columns), at = at, head = next_list() }, Stream)
end

---The rows of a meter, if it is the next one; those that the platform has withdrawn apart.
---@param meter_no string
---@return any[][] lists
---@return any[][]|nil withdrawn
function Stream:take(meter_no)
  local lists, withdrawn, head, next_list, gone = {}, nil, self.head, self.next_list, self.at.withdrawn_at
  while head and head[1] == meter_no do
    if gone and head[gone] then
      withdrawn = withdrawn or {}
      withdrawn[#withdrawn + 1] = head
    else
      lists[#lists + 1] = head
    end
    head = next_list()
  end
  self.head = head
  return lists, withdrawn
end

---The same as rows by column name.
---@param lists any[][]
---@return table[]
function Stream:rows(lists)
  local made, make = {}, self.make
  for index = 1, #lists do made[index] = make(lists[index]) end
  return made
end

---The first meter that any of them has a row of.
---@param list { stream: imr.MeteringStream }[]
---@return string|nil
function stream.next_meter(list)
  local first
  for index = 1, #list do
    local head = list[index].stream.head
    local number = head and head[1]
    if number and (not first or number ~= first and is_before(number, first)) then first = number end
  end
  return first
end

return stream
