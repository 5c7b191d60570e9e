--- Answers that a test writes itself, with `on_request`.

local encode = require("imr.base.json").encode

local scripted = {}

local function body_of(answer)
  if answer.body then
    return answer.body
  end
  return encode { code = answer.code, msg = answer.msg or "", data = answer.data, totalCount = answer.total }
end

--- What the hook has to say to this request: a table with `body` or with `code`, `msg`, `data`, `total`, and with any
--- of `status`, `headers`, `delay`, `fault`.
---@return imr.simulator.Answer|nil nil where the platform itself has to answer
function scripted.answer(settings, request, now)
  local answer = settings.on_request(request, now)
  if not answer then
    return nil
  end
  return {
    status = answer.status or 200, body = body_of(answer), code = answer.code,
    delay = answer.delay, fault = answer.fault,
    headers = answer.headers or { ["Content-Type"] = "application/json; charset=utf-8" },
  }
end

return scripted
