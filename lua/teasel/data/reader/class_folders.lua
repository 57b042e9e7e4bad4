-- What the readers of sets in folders of classes have in common: where the folder is, and the
-- options of pictures.

local check = require "teasel.lib.check"
local find = require "teasel.data.find"
local folder = require "teasel.data.reader.folder"
local merged = require "teasel.lib.merged"
local options = require "teasel.options"
local pictures = require "teasel.data.reader.pictures"

-- (name, given, more) -> the set; nil, message. given: the reader's options, which are `folder`
-- ("": found by teasel.data.find under that name) and those of teasel.data.reader.pictures.
-- more: options of teasel.data.reader.folder, or a function(path) that gives them or nil, message;
-- those that have the same name as one of pictures count where that is left out.
return function(name, given, more)
  check.string("class_folders", "name", name)
  local known = merged(pictures.defaults, {folder = ""})
  local o = options.read(name, given, known)
  local path, message = find(name, o.folder)
  if not path then return nil, message end
  if type(more) == "function" then
    more, message = more(path)
    if not more then return nil, message end
  end
  for option, value in pairs(more or {}) do
    if known[option] == nil or given == nil or given[option] == nil then o[option] = value end
  end
  o.path, o.folder = path, nil
  return folder(o)
end
