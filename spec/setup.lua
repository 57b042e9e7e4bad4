-- Runs before the specs. With TEASEL_STRESS set, the core collects all garbage at every allocation:
-- whatever is only held by a C local then is gone.

if os.getenv "TEASEL_STRESS" then require("teasel.core").stress(true) end

-- The product asks TEASEL_DATA alone for a folder outside its tree; specs find theirs themselves.
-- Lua cannot set a variable: what runs here is told so, child processes by spec.child.
local data, getenv = require("spec.data").folder, os.getenv
os.getenv = function(name)
  if name == "TEASEL_DATA" then return data end
  return getenv(name)
end
