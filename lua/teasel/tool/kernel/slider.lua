-- Sliders on a page: widgets that move latents and redraw an image, by the messages of ipywidgets,
-- whose part on the page does the drawing. Two of its generations are spoken at once: a widget's
-- state stands in the message itself (2.1, Debian's page) and again under `state` (7 and later).
--
--   local board = slider.board(publish)  -- publish(type, content, metadata): to all who listen
--   local bundle = board:show(lines, draw)   -- to be displayed; nil where that was done already
--   board:greeted(content)   -- a comm_open of the page: Debian's asks for the version in this way
--   board:heard(content)   -- a comm_msg of the page: where a slider has moved, the image changes
--   board:comms()          -- {id = {target_name =}} of the widgets that are open

local core = require "teasel.core"
local message = require "teasel.tool.kernel.message"

local slider = {}

local Board = {}
Board.__index = Board

local TARGET, GREETING = "jupyter.widget", "jupyter.widget.version"
local OLD = {module = "jupyter-js-widgets", version = "~2.1.4"}
local NEW = {controls = "@jupyter-widgets/controls", base = "@jupyter-widgets/base",
  controls_version = "1.5.0", base_version = "1.2.0"}

function slider.board(publish)
  return setmetatable({publish = publish, open = {}, moved = {}, count = 0}, Board)
end

-- A widget of one kind ("FloatSlider") with its state; returns what others name it by.
local function open(self, kind, state)
  self.count = self.count + 1
  local id = ("%08x-teasel-%d"):format(math.random(0, 0xffffffff), self.count)
  local of_base = kind == "Layout"
  local old, new = {}, {}
  for key, v in pairs(state) do old[key], new[key] = v, v end
  for to, names in pairs{[old] = {OLD.module, OLD.version}, [new] = of_base
      and {NEW.base, NEW.base_version} or {NEW.controls, NEW.controls_version}} do
    to._model_name, to._model_module, to._model_module_version = kind .. "Model", names[1], names[2]
    to._view_name, to._view_module, to._view_module_version = kind .. "View", names[1], names[2]
  end
  old.state, old.buffer_paths = new, message.list{}
  self.open[id] = {target_name = TARGET}
  self.publish("comm_open", {comm_id = id, target_name = TARGET, data = old},
    {version = "2.0.0"})
  return "IPY_MODEL_" .. id, id
end

local function picture(png)
  return ('<img style="image-rendering: pixelated" src="data:image/png;base64,%s">'):format(
    core.file.base64(png))
end

-- show(lines, draw) -> the bundle of sliders beside an image, nil where the page was told to show
-- them. lines: a list of {name =, value =,
-- from =, to =, whole = whether integers only}; draw(values) -> the bytes of a PNG file
function Board:show(lines, draw)
  local layout, values, children = open(self, "Layout", {}), {}, {}
  for i, line in ipairs(lines) do values[i] = line.value end
  local image, image_id = open(self, "HTML", {value = picture(draw(values)), layout = layout})
  for i, line in ipairs(lines) do
    local model, id = open(self, line.whole and "IntSlider" or "FloatSlider", {
      description = line.name, value = line.value, min = line.from, max = line.to, readout = true,
      step = line.whole and 1 or (line.to - line.from) / 60, layout = layout,
      orientation = "horizontal", continuous_update = true,
      readout_format = line.whole and "d" or ".2f"})
    children[i] = model
    self.moved[id] = function(value)
      values[i] = value
      self.publish("comm_msg", {comm_id = image_id, data = {method = "update",
        state = {value = picture(draw(values))}, buffer_paths = message.list{}}})
    end
  end
  local left = open(self, "VBox", {children = message.list(children), layout = layout})
  local _, box = open(self, "HBox", {children = message.list{left, image}, layout = layout})
  if self.is_old then
    return self.publish("comm_msg", {comm_id = box, data = {method = "display"}})
  end
  return {["application/vnd.jupyter.widget-view+json"] = {version_major = 2, version_minor = 0,
    model_id = box}}
end

-- greeted(content) -> whether the page only wanted to know which generation we speak
function Board:greeted(content)
  if content.target_name ~= GREETING then return false end
  self.is_old = true
  self.publish("comm_msg", {comm_id = content.comm_id, data = {version = OLD.version}})
  return true
end

-- heard(content): a comm_msg of the page
function Board:heard(content)
  local data = type(content.data) == "table" and content.data or {}
  local state = data.method == "backbone" and data.sync_data or data.state
  local moved = self.moved[content.comm_id]
  local value = type(state) == "table" and tonumber(state.value)
  if moved and value then moved(value) end
end

function Board:closed(id) self.open[id], self.moved[id] = nil, nil end

function Board:comms() return self.open end

return slider
