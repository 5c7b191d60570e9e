-- What a server leaves in a connection behind an answer, and what the next request must make of it.
local extra = {}

-- The first request of a connection has something behind its answer, all others an answer alone.
local FRAME = [[
  local function chunked(body)
    return ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%%x\r\n%%s\r\n0\r\n\r\n"):format(#body, body)
  end
  local wrong = answer("WRONG")
  local first = true
  for r in c.request, c do
    if first and c.number == 1 then %s log("sent", c.number) else c:send(answer(r.body)) end
    first = false
  end
]]

--- name, what the server does with the first request; `dropped`: libcurl forgets it with the packet it came in
extra.cases = {
  { "a whole answer in the same packet", [[c:send(answer(r.body) .. wrong)]] },
  { "a whole answer in a packet of its own", [[c:send(answer(r.body)) c:sleep(0.05) c:send(wrong)]] },
  { "three answers", [[c:send(answer(r.body)) c:sleep(0.05) c:send(wrong:rep(3))]] },
  { "half an answer", [[c:send(answer(r.body)) c:sleep(0.05) c:send(wrong:sub(1, 20))]] },
  { "one byte", [[c:send(answer(r.body)) c:sleep(0.05) c:send("H")]] },
  { "an answer behind one in chunks", [[c:send(chunked(r.body)) c:sleep(0.05) c:send(wrong)]] },
  { "an answer in the same packet behind one in chunks", [[c:send(chunked(r.body) .. wrong)]], dropped = true },
  { "an answer behind one without a body", [[c:send(answer("", "", "204 Empty")) c:sleep(0.05) c:send(wrong)]] },
  { "its end", [[c:send(answer(r.body)) c:sleep(0.05) c:close()]] },
}

-- A TLS record that fills the reader's buffers of 4,096 bytes and of 16,384, and an answer behind it.
for _, size in ipairs { 4096, 8192, 12288 } do
  extra.cases[#extra.cases + 1] = { ("an answer behind one of %d bytes"):format(size), ([[
    local head = "HTTP/1.1 200 OK\r\nContent-Length: 00000\r\n\r\n"
    local length = %d - #head
    c:send(head:gsub("00000", ("%%05d"):format(length)) .. r.body .. (" "):rep(length - #r.body) .. wrong)
  ]]):format(size) }
end

---@return string script for support.wire
function extra.script(case) return FRAME:format(case[2]) end

return extra
