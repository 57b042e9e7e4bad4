-- Runs before the specs. With TEASEL_STRESS set, the core collects all garbage at every allocation:
-- whatever is only held by a C local then is gone.

if os.getenv "TEASEL_STRESS" then require("teasel.core").stress(true) end
