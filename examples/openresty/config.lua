-- The configuration: nginx.conf names the variables, the environment gives their values.

local LEAST_TOKEN = 16 -- characters: nobody shall guess it

local function required(name)
  local value = os.getenv(name)
  if not value or value == "" then error(name .. " is not set", 0) end
  return value
end

local function seconds(name, default)
  local text = os.getenv(name)
  if not text or text == "" then return default end
  local value = tonumber(text)
  if not value or value < 0 then error(name .. " must be a number of seconds", 0) end
  return value
end

local function access_token(name, default)
  local value = os.getenv(name)
  value = value ~= "" and value or default
  if not value or #value < LEAST_TOKEN then
    error(("%s must be set, to %d characters or more: openssl rand -hex 24"):format(name, LEAST_TOKEN), 0)
  end
  return value
end

local readers = access_token("IMR_ACCESS_TOKEN")

return {
  base_url = required "IMR_BASE_URL",
  username = required "IMR_USERNAME",
  password = required "IMR_PASSWORD",
  tokens = { read = readers, supply = access_token("IMR_SUPPLY_TOKEN", readers) },
  interval = seconds("IMR_INTERVAL", 2),  -- between two requests to one endpoint of the platform
  max_wait = seconds("IMR_MAX_WAIT", 5),  -- for the platform's turn; then 503 with Retry-After
  deadline = seconds("IMR_DEADLINE", 600), -- for all pages of GET /readings
  fresh = seconds("IMR_FRESH", 30),       -- age until which an answer is given without a second thought
  stale = seconds("IMR_STALE", 600),      -- and until which it is given while a newer one is fetched
}
