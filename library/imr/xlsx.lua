---@meta imr.xlsx
-- Made of the comments in csrc/ by `make docs`. Do not edit it.

---@class imr.xlsx
local xlsx = {}

---@class imr.xlsx.workbook: userdata
local workbook = {}

---Adds a sheet; cells go to the one that was added last.
---@param name string at most 31 characters, without []:*?/ and backslash
---@return boolean|nil ok
---@return string|nil why not
function workbook:sheet(name) end

---Makes a format for cells.
---@param pattern ?string of numbers and dates, as a spreadsheet writes it: "0.00", "yyyy-mm-dd"
---@param bold ?boolean
---@return integer format
function workbook:format(pattern, bold) end

---Writes a text into a cell. Rows come in order.
---@param row integer from 0 on
---@param column integer from 0 on
---@param text string UTF-8 that XML can hold, at most 32,767 characters
---@param format ?integer
---@return boolean|nil ok
---@return string|nil why not
function workbook:text(row, column, text, format) end

---Writes a number into a cell.
---@param row integer from 0 on
---@param column integer from 0 on
---@param number number
---@param format ?integer
---@return boolean|nil ok
---@return string|nil why not
function workbook:number(row, column, number, format) end

---Writes a formula into a cell, and what it comes to for those who do not compute.
---@param row integer from 0 on
---@param column integer from 0 on
---@param formula string such as =SUM(A2:A9)
---@param number number
---@param format ?integer
---@return boolean|nil ok
---@return string|nil why not
function workbook:formula(row, column, formula, number, format) end

---Sets how wide a column is. Before the sheet's first row.
---@param column integer from 0 on
---@param width number in characters
---@return boolean|nil ok
---@return string|nil why not
function workbook:width(column, width) end

---Keeps the sheet's first rows in sight while the others are scrolled.
---@param rows integer
function workbook:freeze(rows) end

---Gives the columns a filter.
---@param row integer of the headings
---@param last integer row
---@param column integer the last one
---@return boolean|nil ok
---@return string|nil why not
function workbook:filter(row, last, column) end

---Writes the file. A workbook that nobody closes is written when it is collected.
---@return boolean|nil ok
---@return string|nil why not
function workbook:close() end

---Begins a workbook; its file is written by close().
---@param path string
---@return imr.xlsx.workbook
function xlsx.create(path) end

return xlsx
