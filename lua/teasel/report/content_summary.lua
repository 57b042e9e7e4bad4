-- The table of many runs that take style from content, as the papers have it, with what was
-- published beneath: what a classifier reads from the style z and from the content s, in per cent
-- of the images that it learned from and of others.

local check = require "teasel.lib.check"
local comparison = require "teasel.report.comparison"
local summary = require "teasel.report.summary"

local content_summary = {}

-- by data set and by the numbers of style: {method, z train, z test, s train, s test}. Those of
-- Mathieu et al. 2016 are of the re-implementation that Jha et al. 2018 compare with, for which
-- they give the others. Sprites and objects are LPC sprites and LINE-MOD there.
local PUBLISHED = {
  mnist = {
    [16] = {{"Mathieu et al.", 70.85, 66.83, 99.37, 98.52}, {"cycle-VAE", 17.72, 17.56, 99.72,
      98.35}, {"Szabo et al.", 97.65, 96.08, 98.89, 98.46}},
    [64] = {{"Mathieu et al.", 74.94, 72.20, 99.94, 98.64}, {"cycle-VAE", 26.04, 26.55, 99.95,
      98.33}, {"Szabo et al.", 99.69, 98.14, 99.41, 98.05}},
  },
  sprites = {
    [512] = {{"Mathieu et al.", 12.05, 11.98, 99.18, 96.75}, {"cycle-VAE", 11.55, 11.47, 98.53,
      97.16}, {"Szabo et al.", 99.72, 99.63, 99.85, 99.79}},
    [1024] = {{"Mathieu et al.", 12.48, 12.25, 99.22, 97.45}, {"cycle-VAE", 11.27, 11.61, 98.13,
      97.22}, {"Szabo et al.", 99.79, 99.65, 99.87, 99.76}},
  },
  objects = {
    [64] = {{"Mathieu et al.", 90.14, 89.17, 100, 100}, {"cycle-VAE", 62.11, 57.17, 99.99, 99.86},
      {"Szabo et al.", 100, 100, 100, 100}},
    [256] = {{"Mathieu et al.", 86.87, 86.46, 100, 100}, {"cycle-VAE", 60.34, 57.70, 100, 100},
      {"Szabo et al.", 100, 99.97, 100, 100}},
  },
}

local COLUMNS = {{"z train", "style", "train"}, {"z test", "style", "test"},
  {"s train", "content", "train"}, {"s test", "content", "test"}}

-- the published rows of the data sets and sizes that the runs have, each once
local function published(runs)
  local lines, seen = {{"published", "images", "z", "z train", "z test", "s train", "s test"}}, {}
  for _, r in ipairs(runs) do
    local latents = r.view and r.view.latents
    local last = latents and latents[#latents]
    local images, Z = r.config.images, last and last.first - 1
    for _, row in ipairs(PUBLISHED[images] and PUBLISHED[images][Z] or {}) do
      local line = {row[1], images, ("%d"):format(Z)}
      for i = 2, 5 do line[i + 2] = ("%.2f"):format(row[i]) end
      local text = table.concat(line, " ")
      if not seen[text] then lines[#lines + 1] = line end
      seen[text] = true
    end
  end
  return #lines > 1 and summary.aligned(lines) or ""
end

-- summary(pattern) -> the table of all runs that the pattern names, which is printed and written
-- (see teasel.report.comparison), and behind it what was published
function content_summary.summary(pattern)
  local columns = {{"step", function(r) return r.scored.step end}}
  for i, column in ipairs(COLUMNS) do
    columns[i + 1] = {column[1], function(r) return 100 * r.scored[column[2]][column[3]] end}
  end
  columns[#columns + 1] = {"chance", function(r) return 100 * r.scored.chance end}
  local known = published(summary.open(pattern))
  local text = comparison.of(pattern, {more = columns,
    values = "step_seconds,peak_bytes"}):report{curves = "reconstruction"}
  io.write(known)
  return text .. known
end

check.functions("content_report.", content_summary, {summary = "pattern: any"})

return content_summary
