-- The view (see teasel.model.view) of a model that takes style from content, whatever its networks:
--
--   local v = T.content_view{represent_content = ..., represent_style = ..., decode = ...,
--     data = train}
--   v.represent_content(images), v.represent_style(images)   -- [n S], [n Z]
--   v.decode(content, style)                                 -- images of both
--   v:swap(contents, styles)                                 -- all combinations of two batches
--
-- The codes of `represent` are style and content one behind the other, z1 ... and s1 ..., and the
-- latents of `decode`, where it is given one tensor, too. Style is N(0, I). Content has no prior: a
-- draw is the content of an image of `data`. Options:
--   represent_content  function(images) -> content [n S]
--   represent_style    function(images) -> style [n Z]; or
--   posterior_style    function(images) -> mean [n Z], log variance [n Z] of the style, whose means
--                      are then what represent_style gives
--   decode             function(content [n S], style [n Z]) -> images [n h w c] in [0, 1]
--   data               a data set: contents of what is drawn are those of its images
--   content, style     S and Z (default: those of its first image)
--   prior_style        function(stream, n) -> [n Z] (default: N(0, I))
-- Missing ones and those of the wrong form are errors.

local check = require "teasel.lib.check"
local core = require "teasel.core"
local dist = require "teasel.dist"
local ops = require "teasel.op.composed"
local options = require "teasel.options"
local view = require "teasel.model.view"

local op, tensor = core.op, core.tensor

-- of(options) -> a view; see the head of this file
local function of(given)
  local any = options.any
  local o = options.read("content_view", given, {represent_content = any, represent_style = any,
    posterior_style = any, decode = any, content = any, style = any, data = any,
    prior_style = any})
  local posterior = o.posterior_style
  if posterior then check.callable("content_view", "option 'posterior_style'", posterior) end
  local style = o.represent_style or posterior and function(images) return (posterior(images)) end
  check.callable("content_view", "option 'represent_style'", style)
  for _, name in ipairs{"represent_content", "decode"} do
    check.callable("content_view", ("option '%s'"):format(name), o[name])
  end
  check.set("content_view", "option 'data'", o.data)
  local first = not (o.style and o.content) and o.data:images(tensor.tensor{1})
  local Z = o.style or style(first):size(2)
  local S = o.content or o.represent_content(first):size(2)
  check.count("content_view", "option 'style'", Z)
  check.count("content_view", "option 'content'", S)
  local prior_style = o.prior_style or function(stream, n) return stream:normal{n, Z} end

  local function decode(content, z)
    if z == nil then   -- latents in one tensor
      if content:rank() ~= 2 or content:shape()[2] ~= Z + S then
        check.wrong("view.decode", "latents", content, ("[n %d]"):format(Z + S))
      end
      content, z = ops.slice(content, 2, Z + 1, Z + S), ops.slice(content, 2, 1, Z)
    end
    return o.decode(content, z)
  end
  local function prior(stream, n)
    local contents = o.represent_content((o.data:batch(stream:split "content", n)))
    return op.concat({prior_style(stream:split "style", n), contents}, 2)
  end
  local function sample_style(images, stream)
    if not posterior then return style(images) end
    local mean, logvar = posterior(images)
    return dist.gaussian.sample(stream, mean, logvar)
  end
  local latents = {}
  for i = 1, Z do latents[i] = {name = "z" .. i, code = i} end
  latents[Z + 1] = {name = "content", kind = "content", width = S}

  local v = view{
    represent = function(images)
      return op.concat({style(images), o.represent_content(images)}, 2)
    end,
    represent_content = o.represent_content, represent_style = style,
    sample_style = check.called("view.sample_style", sample_style,
      "images: tensor, stream: stream"),
    decode = check.called("view.decode", decode, "content: tensor, style: tensor?"),
    prior = prior, latents = latents,
  }
  for j = 1, S do v.codes[Z + j] = "s" .. j end
  return v
end

return check.called("content_view", of, "given: table")
