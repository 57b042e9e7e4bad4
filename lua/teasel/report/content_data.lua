-- The data sets that content and style are told apart on (Mathieu et al. 2016), and their parts:
--
--   local data = T.content_data("sprites")   -- drawn; "mnist" is looked for, see README.md
--   data.train                              -- images that a model learns from, with classes
--   data.fit, data.test                     -- images that a probe learns from, is tested on
--   data.what                               -- "drawn stand-in for ...", or the data's name
--
--   mnist    its training and test images; classes are digits. Fit is train.
--   sprites  drawn (teasel.data.generator.sprites), or, from a folder, those of Reed et al. 2015;
--            classes are characters: 500 to learn from; the probe has the pictures of 100 others,
--            two thirds at random to fit
--   objects  drawn in place of LINE-MOD's renderings (teasel.data.generator.objects), or, from a
--            folder, LINE-MOD's pictures; classes are objects: 1,000 images of each to learn from
--            and to fit, 300 to test

local check = require "teasel.lib.check"
local core = require "teasel.core"
local linemod = require "teasel.data.reader.linemod"
local mnist = require "teasel.data.reader.mnist"
local objects = require "teasel.data.generator.objects"
local options = require "teasel.options"
local reed_sprites = require "teasel.data.reader.reed_sprites"
local sprites = require "teasel.data.generator.sprites"

local sources = {}

function sources.mnist(folder)
  local train, message = mnist{folder = folder}
  if not train then return nil, message end
  local test
  test, message = mnist{folder = folder, part = "test"}
  if not test then return nil, message end
  return {train = train, fit = train, test = test, what = "MNIST"}
end

function sources.sprites(folder)
  local train, message, others
  if folder == "" then
    train, others = sprites{part = "train"}, sprites{part = "test"}
  else
    train, message = reed_sprites{folder = folder, part = "train"}
    if not train then return nil, message end
    others, message = reed_sprites{folder = folder, part = "test"}
    if not others then return nil, message end
  end
  local n = others:count()
  local fit, test = others:split({n * 2 // 3, n - n * 2 // 3}, core.rand.stream(2015, "poses"))
  return {train = train, fit = fit, test = test,
    what = folder == "" and "sprites (drawn stand-in)" or "sprites"}
end

function sources.objects(folder)
  local all, message = objects{}, nil
  if folder ~= "" then
    all, message = linemod{folder = folder, size = 64}
    if not all then return nil, message end
  end
  local train, _, test = objects.split(all)
  return {train = train, fit = train, test = test,
    what = folder == "" and "objects (drawn stand-in for LINE-MOD)" or "LINE-MOD"}
end

-- content_data(name [, folder = ""]) -> {train =, fit =, test =, what =}; nil, message where files
-- are missing. An unknown name is an error.
local function of(name, folder)
  if not sources[name] then options.unknown("content_data: argument 'name'", name, sources) end
  return sources[name](folder or "")
end

return check.called("content_data", of, "name: any, folder: string?")
