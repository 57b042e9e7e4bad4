-- Dependence between codes, which needs no factors; lower means less of it. As in
-- disentanglement_lib, of the Gaussian with the covariance C of the codes (n - 1), D = diag(C):
--   total_correlation         (sum log C_dd - log det C) / 2, in nats
--   wasserstein               2 tr C - 2 tr (D^1/2 C D^1/2)^1/2, the squared distance to N(0, D)
--   wasserstein_normalised    the same over tr C
-- and mutual_information, the mean over pairs of codes of that between them in 20 bins, in nats.
-- With a code that never varies the total correlation is infinite; with one that is a sum of others
-- it would be, but for rounding, which in single precision leaves some 17 nats for a, b and a + b.
-- Codes that never vary have no effect on the other three. One code alone has 0 everywhere.

local core = require "teasel.core"
local intervals = require "teasel.metric.lib.intervals"
local measured = require "teasel.metric.lib.measured"
local option = require "teasel.metric.lib.option"
local options = require "teasel.options"

local learn = core.learn
local WHO = "unsupervised"

local defaults = {
  bins = 20,              -- of each code's range
  resamples = 0,          -- for intervals
  seed = 0,               -- of the resamples
  compat = options.any,   -- "dlib": 10,000 points as disentanglement_lib draws them
}

local function mean_information(codes, bins)
  local binned = learn.bins(codes, bins)
  local matrix, sum = learn.mutual(binned, binned), 0
  for i, row in ipairs(matrix) do
    for j, v in ipairs(row) do sum = sum + (i ~= j and v or 0) end
    row[i] = 0
  end
  return #matrix > 1 and sum / (#matrix * (#matrix - 1)) or 0, matrix
end

local function measures(codes, bins)
  local covariance, trace = learn.covariance(codes, codes), 0
  for d, row in ipairs(covariance) do trace = trace + row[d] end
  local total, distance = learn.gauss(covariance)
  local information, matrix = mean_information(codes, bins)
  return {total_correlation = total, wasserstein = distance,
    wasserstein_normalised = trace > 0 and distance / trace or 0,
    mutual_information = information}, covariance, matrix
end

-- unsupervised(codes [n D], nil, options) -> total correlation, details: all four under their
-- names, covariance [D][D], matrix [D][D] of mutual information with 0 in the diagonal, intervals
-- of each name if there are resamples
return function(codes, factors, o)
  o = option.read(WHO, o, defaults)
  if measured.is_set(codes) then
    codes, factors = measured.encode(codes, factors, WHO)
  end
  if o.compat and not factors then option.fail(WHO, "compat 'dlib' wants the factors too") end
  codes = measured.points(WHO, codes, factors or codes, 2, o)
  local found, covariance, matrix = measures(codes, o.bins)
  local around = intervals.bootstraps(WHO, o, found, codes, codes, function(x)
    return (measures(x, o.bins))
  end, {0, math.huge})
  found.covariance, found.matrix, found.intervals = covariance, matrix, around
  return found.total_correlation, option.details(o, #codes, found)
end
