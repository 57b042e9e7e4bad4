-- Grids of what one latent of a generative model does, through the model's view alone (see
-- teasel.model.view): along a row it changes, and all else is one draw.

local axis = require "teasel.plot.axis"
local canvas = require "teasel.plot.canvas"
local check = require "teasel.lib.check"
local options = require "teasel.options"

local latent_grid = {}

-- find(view, name) -> the number of the latent of that name, or nil
function latent_grid.find(view, name)
  for i, latent in ipairs(view.latents) do
    if latent.name == name then return i end
  end
end

-- swept(view, stream, rows, i, values [m] [, fixed]) -> images [rows * m h w c]: along a row latent
-- i goes through the values, and all else is one draw from the prior; fixed(z) -> z puts something
-- into the draws before
function latent_grid.swept(view, stream, rows, i, values, fixed)
  local z = view.prior(stream, rows)
  return view.decode(view:sweep(fixed and fixed(z) or z, i, values))
end

-- grid(path, images [rows * m h w c], values [m], options) -> true, or nil and a message: images
-- along which a latent goes through the values. Options: title; column_title, what the latent is
-- called; column_labels (default: the values, see teasel.plot.axis); row_labels
function latent_grid.grid(path, images, values, given)
  local o = options.read("latent_grid.grid", given, {title = "", column_title = "",
    column_labels = options.any, row_labels = {}})
  o.column_labels = o.column_labels or axis.written(values:table())
  o.columns = #values
  return canvas.grid(canvas.images(images), o):save(path)
end

check.functions("latent_grid.", latent_grid, {
  find = "view: table(latents), name: any", swept = "view: table(latents decode prior), "
    .. "stream: stream, rows: count, i: count, values: tensor",
  grid = "path: path, images: tensor, values: tensor",
})

return latent_grid
