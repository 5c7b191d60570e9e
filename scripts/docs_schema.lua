-- The pages that follow from imr.schema and imr.errors: records and parameters, and return codes.

local errors = require "imr.errors"
local platform = require "imr.schema"
local known = require "imr.words"

local schema = {}

local words = {
  en = {
    language = 1, file = "records",
    title = "# Records and parameters",
    intro = "Made from `lua/imr/schema.lua` by `make docs`. Do not edit it.\n\n"
      .. "A field is absent where the platform sent nothing, `\"\"` or null. Every record may also have\n\n"
      .. "- `extra`: keys that no document names, with their decoded values. Numbers are text as the platform wrote\n"
      .. "  it with `decimals = \"string\"`; else integers that no Lua number holds are (beyond 2^53, on Lua 5.3\n"
      .. "  and 5.4 beyond 2^63);\n"
      .. "- `invalid`: by our name, the raw text of a value that is not of its type. Then the field is absent.\n"
      .. "  Also what `extra` can not hold: text that is not UTF-8, a number beyond the doubles, and what is\n"
      .. "  more than 1,000 values or 256 KB in one row. Longer text is cut, \"... (5000 bytes)\" says so.\n\n"
      .. "Types: `dec` is a Lua number, or with `decimals = \"string\"` the platform's own digits; `time` is Unix\n"
      .. "seconds. "
      .. "Units are those that the meters show: the platform's document names none.",
    sent = "Parameters", fields = "Fields of %s", section = "platform document §%s",
    parameter_head = "| parameter | on the wire | type | required | |\n|---|---|---|---|---|",
    field_head = "| field | on the wire | type | |\n|---|---|---|---|",
    yes = "yes", no = "no", derived = "derived", or_ = " or ",
    types = "## Meter types\n\nThe same as `imr.meter_types`.\n\n"
      .. "| number | kind | name | Chinese name |\n|---|---|---|---|",
  },
  zh = {
    language = 2, file = "records.zh-CN",
    title = "# 记录与参数",
    intro = "本页由 `make docs` 根据 `lua/imr/schema.lua` 生成，请勿手工修改。\n\n"
      .. "平台未返回、返回 `\"\"` 或 null 的字段在记录中不存在。每条记录还可能带有：\n\n"
      .. "- `extra`：文档未列出的键及其解码后的值。`decimals = \"string\"` 时其中的数字保持平台原样的文本；\n"
      .. "  否则只有 Lua 数值装不下的整数（超过 2^53，Lua 5.3 与 5.4 为超过 2^63）才保持文本；\n"
      .. "- `invalid`：类型不符的值，以本库字段名为键，保存原始文本；此时该字段本身不存在。\n"
      .. "  `extra` 放不下的也在这里：非 UTF-8 文本、超出双精度范围的数字，以及一行中超过 1000 个值或 256 KB 的部分。\n"
      .. "  更长的文本会被截断，并注明 \"... (5000 bytes)\"。\n\n"
      .. "类型：`dec` 为 Lua 数值，`decimals = \"string\"` 时为平台原样的数字文本；`time` 为 Unix 秒。\n"
      .. "平台文档未注明单位，表中单位以表计显示为准。",
    sent = "参数", fields = "%s 的字段", section = "平台文档 §%s",
    parameter_head = "| 参数 | 平台参数名 | 类型 | 必填 | 说明 |\n|---|---|---|---|---|",
    field_head = "| 字段 | 平台字段名 | 类型 | 说明 |\n|---|---|---|---|",
    yes = "是", no = "否", derived = "派生", or_ = " 或 ",
    types = "## 表类型\n\n与 `imr.meter_types` 相同。\n\n| 编号 | 种类 | 英文名 | 中文名 |\n|---|---|---|---|",
  },
}

local function row(...)
  return "| " .. table.concat({ ... }, " | ") .. " |"
end

local function code(text)
  return "`" .. text .. "`"
end

-- ---------------------------------------------------------------- words and derived fields

-- What a field, a parameter or a code means; what has no words is an error that names it.
local function words_of(list, name, own)
  if own and own.en then return { own.en, own.zh or own.en } end
  return list[name] or error(("lua/imr/words.lua: nothing is said about '%s'"):format(tostring(name)), 0)
end

---What a field means, in English and in Chinese.
---@param field { name: string, en: string?, zh: string? }
---@return string[]
function schema.words_of_field(field) return words_of(known.fields, field.name, field) end

---The same of a parameter.
function schema.words_of_parameter(param) return words_of(known.parameters, param.name, param) end

---Fields that a record has beyond those that the platform sends.
---@param endpoint imr.schema.Entry
---@return imr.schema.Derived[]
function schema.derived(endpoint)
  local found = {}
  for _, field in ipairs(endpoint.fields) do
    for _, one in ipairs(field.derived or {}) do found[#found + 1] = one end
  end
  return found
end

local derived_types = { str = "string", enum = "boolean" }

---A derived field's type in Lua.
function schema.type_of_derived(field) return derived_types[field.type] end

-- ---------------------------------------------------------------- records

---A field's type, or the words that it may be.
function schema.type_of(field)
  if not field.words then return field.type end
  local ours, seen = {}, {}
  for _, word in pairs(field.words) do
    local text = tostring(word)
    if not seen[text] then ours[#ours + 1] = code(text) end
    seen[text] = true
  end
  table.sort(ours)
  return table.concat(ours, ", ")
end

local function add_parameters(out, endpoint, say)
  out[#out + 1] = "\n" .. say.sent .. "\n\n" .. say.parameter_head
  for _, param in ipairs(endpoint.params) do
    if param.type ~= "page" then -- the cursor alone counts pages
      local required = param.required and param.type ~= "page_size" -- which the client fills in
      out[#out + 1] = row(code(param.name), code(param.wire), param.type, required and say.yes or say.no,
        schema.words_of_parameter(param)[say.language])
    end
  end
end

local function add_fields(out, endpoint, say)
  out[#out + 1] = "\n" .. say.fields:format(endpoint.record) .. "\n\n" .. say.field_head
  for _, field in ipairs(endpoint.fields) do
    local wire = {}
    for index, name in ipairs(field.wire) do wire[index] = code(name) end
    out[#out + 1] = row(code(field.name), table.concat(wire, say.or_), schema.type_of(field),
      schema.words_of_field(field)[say.language])
  end
  for _, field in ipairs(schema.derived(endpoint)) do
    out[#out + 1] = row(code(field.name), say.derived, schema.type_of_derived(field),
      schema.words_of_field(field)[say.language])
  end
end

local function add_meter_types(out, say)
  out[#out + 1] = "\n" .. say.types
  local types, numbers = platform.meter_types(), {}
  for number in pairs(types) do numbers[#numbers + 1] = number end
  table.sort(numbers)
  for _, number in ipairs(numbers) do
    local one = types[number]
    out[#out + 1] = row(tostring(number), one.kind, one.name or "–", one.name_zh or "–")
  end
end

-- Commands are methods by their names.
local function methods_of(endpoint)
  local names = { endpoint.name }
  for _, param in ipairs(endpoint.command and endpoint.params or {}) do names = param.choices or names end
  local methods = {}
  for index, name in ipairs(names) do methods[index] = ("client:%s()"):format(name) end
  return table.concat(methods, ", ")
end

---The page of records and parameters.
---@param language "en"|"zh"
---@return string markdown
function schema.records(language)
  local say = words[language]
  local out = { say.title, "\n" .. say.intro }
  for _, endpoint in ipairs(platform.endpoints) do
    out[#out + 1] = ("\n## %s\n\n`%s` · `POST %s` · %s"):format(endpoint.name, methods_of(endpoint), endpoint.path,
      say.section:format(endpoint.section))
    add_parameters(out, endpoint, say)
    if endpoint.record then add_fields(out, endpoint, say) end
  end
  add_meter_types(out, say)
  return table.concat(out, "\n") .. "\n"
end

-- ---------------------------------------------------------------- return codes

local code_words = {
  en = { language = 1, title = "# Return codes",
    intro = "Made from `lua/imr/errors.lua` and `lua/imr/words.lua` by `make docs`. Do not edit it. "
    .. "Platform document §5.\n\n`err.code` is the number, `err.kind` the kind. `executed` tells whether the platform "
    .. "acted.",
    head = "| code | meaning | `err.kind` | `executed` | the client |\n|---|---|---|---|---|", other = "other",
    kinds = "\n## Errors without a return code\n\nThe program `imr` shows the kind with `--json-errors`.\n\n"
      .. "| `err.kind` | comes from | `executed` | meaning |\n|---|---|---|---|" },
  zh = { language = 2, title = "# 返回码",
    intro = "本页由 `make docs` 根据 `lua/imr/errors.lua` 和 `lua/imr/words.lua` 生成，"
    .. "请勿手工修改。平台文档 §5。\n\n"
    .. "`err.code` 是返回码，`err.kind` 是错误种类，`executed` 表示平台是否已执行。",
    head = "| 返回码 | 含义 | `err.kind` | `executed` | 客户端的处理 |\n|---|---|---|---|---|", other = "其他",
    kinds = "\n## 没有返回码的错误\n\n命令行 `imr` 用 `--json-errors` 显示错误种类。\n\n"
      .. "| `err.kind` | 来源 | `executed` | 含义 |\n|---|---|---|---|" },
}

local function code_row(number, label, language)
  local kind, executed, _, meaning = errors.code(number)
  local key = label == tostring(number) and number or "other"
  local entry = words_of(known.codes, key)
  local reaction = entry[1]
  if language == "zh" then meaning, reaction = entry[2], entry[3] end
  return row(label, meaning, code(kind), code(executed), reaction)
end

local function kind_row(entry, language)
  local executed = {}
  for index, word in ipairs(entry[3]) do executed[index] = code(word) end
  return row(code(entry[1]), entry[2][language], executed[1] and table.concat(executed, ", ") or "–",
    entry[3 + language])
end

---The page of return codes, and of the errors that have none.
---@param language "en"|"zh"
---@return string markdown
function schema.codes(language)
  local say = code_words[language]
  local out = { say.title, "\n" .. say.intro .. "\n", say.head }
  for _, number in ipairs(errors.codes()) do out[#out + 1] = code_row(number, tostring(number), language) end
  out[#out + 1] = code_row(0, say.other, language)
  out[#out + 1] = say.kinds
  for _, entry in ipairs(known.kinds) do out[#out + 1] = kind_row(entry, say.language) end
  return table.concat(out, "\n") .. "\n"
end

return schema
