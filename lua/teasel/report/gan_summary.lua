-- The table of many runs of InfoGANs on MNIST, their curves in one chart and their grids side by
-- side.

local canvas = require "teasel.plot.canvas"
local chart = require "teasel.plot.chart"
local check = require "teasel.lib.check"
local digit_report = require "teasel.report.digit_report"
local outcome = require "teasel.report.gan_outcome"
local summary = require "teasel.report.summary"

local gan_summary = {}

-- The grids of one latent, side by side: of each group of settings that of its first scored seed.
local function grids(runs, k)
  local latents, sheets = outcome.latents(runs[1]), {}
  for _, group in ipairs(summary.groups(runs)) do
    local i = 1
    while group[i] and not group[i].scored do i = i + 1 end
    local r = group[i]
    if r then
      local images = digit_report.grid(r, k, r.scored.category)
      sheets[#sheets + 1] = canvas.grid(canvas.images(images), {scale = 1, text = 1,
        columns = #images // #r.scored.category,
        title = ("%s %s"):format(latents.names[k], group.name)})
    end
  end
  if #sheets == 0 then return end
  local width, height, gap = 0, 0, 8
  for _, sheet in ipairs(sheets) do
    width, height = width + sheet.width + gap, math.max(height, sheet.height)
  end
  local all, x = canvas.new{width = width, height = height}, 0
  for _, sheet in ipairs(sheets) do
    all:image(x, 0, sheet)
    x = x + sheet.width + gap
  end
  assert(all:save(summary.path(runs, "grid_" .. latents.names[k] .. ".png")))
end

-- summary(pattern): the table of all runs that the pattern names, with every seed (see
-- teasel.report.summary), printed and written; the curves of L_I of all of them in one chart; and
-- the grids of one run of each group of settings in one picture for each continuous latent.
function gan_summary.summary(pattern)
  local runs = summary.open(pattern)
  local latents = outcome.latents(runs[1])
  local columns = {{"step", function(r) return r.scored.step end, "%g"},
    {"error %", function(r) return 100 * r.scored.error end, "%.2f"}}
  local panels = {}
  for k, name in ipairs(latents.names) do
    columns[#columns + 1] = {"L_I " .. name, function(r) return r.scored.information[k] end, "%.3f"}
    panels[k] = {title = name, x = {label = "step"}, y = {label = "L_I (nats)"},
      series = summary.curves(runs, function(entry) return entry.information[k] end)}
  end
  for _, k in ipairs(latents.continuous) do
    local name = latents.names[k]
    columns[#columns + 1] = {name .. " does", function(r)
      return digit_report.effect(r.scored.continuous[name])
    end}
    grids(runs, k)
  end
  for _, column in ipairs(summary.cost) do columns[#columns + 1] = column end
  assert(chart.panels(summary.path(runs, "information.png"), {panels = panels,
    title = "L_I of each latent; bands: all seeds"}))
  return summary.write(runs, columns)
end

check.functions("gan_report.", gan_summary, {summary = "pattern: any"})

return gan_summary
