-- Days of use on the virtual clock. `make soak` runs thirty of them.
local soak = require "support.soak"

describe("days of use with expiring tokens, faults and a clock that drifts", function()
  -- The platform's clock loses or gains three minutes a day.
  for _, drift in ipairs { -0.002, 0.002 } do
    it(("(%+.1f %%) lose no row, are never too fast and keep nothing"):format(drift * 100), function()
      local state = soak.virtual { days = 8, every = 4 * 3600, seed = 11, drift = drift }
      assert.is_true(state.rounds >= 40 and state.faults > 20, soak.show(state))
      assert.is_true(state.logins >= state.rounds, soak.show(state)) -- each round finds an expired token
      assert.equal(0, state.too_fast)
      assert.is_true(state.failed <= state.listings / 20, soak.show(state))
      assert.is_true(state.executed >= state.commands * 0.9, soak.show(state))
      assert.is_true(state.heap - state.first_heap < 64, ("%.0f KB more"):format(state.heap - state.first_heap))
    end)
  end
end)
