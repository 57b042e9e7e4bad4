-- merged(a, b, ...) -> a new table with the fields of all these tables; of one name that of the
-- last counts

local check = require "teasel.lib.check"

return function(...)
  local all = {}
  for i, t in ipairs{...} do
    for name, value in pairs(check.table("merged", ("table %d"):format(i), t)) do
      all[name] = value
    end
  end
  return all
end
