-- The prices of monthly_bill.sh. `imr bill --check-tariff tariff.lua` says what is wrong with it.
return {
  defaults = { electricity = "home", water = "water" }, -- the tariff of a kind of meter
  meters = "meters.csv",                                -- and of single meters
  tariffs = {
    home = { kind = "electricity", versions = {
      { from = "2024-01-01", tiers = {
        { upto = "210", price = "0.4883" }, { upto = "400", price = "0.5383" }, { price = "0.7883" } } },
      { from = "2025-07-01", price = "0.52", fees = { { name = "meter", amount = "3.00" } } },
    } },
    shop = { kind = "electricity", minimum = "20.00",
      tou = { sharp = "1.2035", peak = "0.9628", flat = "0.6147", valley = "0.3072" } },
    water = { kind = "water", price = "3.45", surcharges = { { name = "sewage", price = "0.95" } } },
  },
}
