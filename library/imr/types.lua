---@meta
-- What C makes, for editors and for the reference.

---What went wrong at run time. `tostring(err)` and `..` give one line; it never holds a secret.
---@class imr.Error
---@field kind string what happened, such as "auth", "network" or "unknown_outcome"; doc/reference/codes.md has them all
---@field message string
---@field endpoint? string
---@field code? integer the platform's return code
---@field http_status? integer when it is not 200
---@field retryable boolean whether it may go better another time
---@field executed "no"|"maybe"|"yes" whether the platform acted
---@field retry_after? number seconds

---An endpoint as the schema has it.
---@class imr.Endpoint
---@field name string
---@field path string
---@field record? string name of its records' class, for a listing
---@field listing boolean
---@field command boolean
---@field params { name: string, wire: string, type: string, required: boolean, words: table? }[]
---@field fields { name: string, wire: string[], type: string, words: table? }[]

---A meter type that the platform documents.
---@class imr.MeterType
---@field kind "electricity"|"water"
---@field name? string English
---@field name_zh? string the platform's own
