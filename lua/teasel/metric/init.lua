-- Metrics: how well codes stand for known factors. Each is a function
--
--   local score, details = metric.mig(codes [n D], factors [n K], options)
--
-- of plain arrays, or of a data set and a function that represents its images (see
-- teasel.metric.lib.measured), loaded from the file of its name when it is first used.

local names = require "teasel.lib.names"

return names.lazy({}, "metric", {"metric."})
