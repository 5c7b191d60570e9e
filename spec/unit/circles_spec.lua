-- Who may use whom (CONTRIBUTING.md, Layout).
local files = require "support.files"
local shell = require "support.shell"

local CLIENT, WORKFLOWS, PROGRAM = 1, 2, 3
local circle_of = {
  workflow = WORKFLOWS, database = WORKFLOWS, testing = WORKFLOWS, simulator = WORKFLOWS, language = WORKFLOWS,
  xlsx = PROGRAM, cli = PROGRAM,
}

local function circle(module)
  return circle_of[module:match "^imr%.([%w_]+)"] or CLIENT
end

local function module_of(path)
  return (path:gsub("^lua/", ""):gsub("%.lua$", ""):gsub("/init$", ""):gsub("/", "."))
end

describe("the modules of a circle", function()
  it("load none of a circle around it", function()
    local wrong, looked = {}, 0
    for _, path in ipairs(shell.lines "find lua -name '*.lua'") do
      local own = circle(module_of(path))
      for name in files.read(path):gmatch 'require%s*%(?%s*"(imr[%w_.]*)"' do
        looked = looked + 1
        if circle(name) > own then wrong[#wrong + 1] = path .. " loads " .. name end
      end
    end
    assert.same({}, wrong)
    assert.is_true(looked > 300)
  end)

  it("of the base use nothing but the base, the errors and the core", function()
    local wrong = {}
    for _, path in ipairs(shell.lines "find lua/imr/base -name '*.lua'") do
      for name in files.read(path):gmatch 'require%s*%(?%s*"(imr[%w_.]*)"' do
        local fine = name:find "^imr%.base%." or name == "imr.core" or name == "imr.errors"
        if not fine then wrong[#wrong + 1] = path .. " loads " .. name end
      end
    end
    assert.same({}, wrong)
  end)
end)
