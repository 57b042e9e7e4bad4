-- Metrics: how well codes stand for known factors. Each is a function
--
--   local score, details = metric.mig(codes [n D], factors [n K], options)
--
-- of plain arrays, or of a data set and a function that represents its images (see
-- teasel.metric.lib.measured), loaded from the file of its name when it is first used.
--
-- Each wants as many points as its formula needs: two to four, six where some are learned from and
-- others tested on, and so does metric.all. That is not enough for a score to say something. Of ten
-- codes that know nothing of four factors with four values each, beta_vae gives 0.87 of 20 points,
-- 0.41 of 100 and 0.26 of 1,000, where 0.25 is chance, and factor_vae 0.59, 0.48 and 0.29: the
-- pairs that are tested have been learned from. The interval tells nothing of that. metric.all, and
-- with it `build/teasel score`, says so below its table where there are fewer than 1,000 points.
-- A factor with one value is an error, but of metrics that look at codes alone: `factors` leaves it
-- out.

local names = require "teasel.lib.names"

return names.lazy({}, "metric", {"metric."})
