-- Files of events for TensorBoard, read back by a reader that shares nothing with the writer.

local T = require "teasel"
local core = require "teasel.core"
local events = require "teasel.run.events"
local message = require "spec.format.message"
local scratch = require "spec.scratch"
local tfevents = require "teasel.format.tfevents"

local folder

setup(function() folder = scratch.make() end)

teardown(function() scratch.remove(folder) end)

-- CRC-32C bit by bit, as a division of polynomials
local function crc(text)
  local c = 0xffffffff
  for i = 1, #text do
    c = c ~ text:byte(i)
    for _ = 1, 8 do c = (c >> 1) ~ (0x82f63b78 * (c & 1)) end
  end
  return ~c & 0xffffffff
end

local function unmasked(sum)
  local c = sum - 0xa282ead8 & 0xffffffff
  return (c >> 17 | c << 15) & 0xffffffff
end

-- the values of an event by their tags: a number, or the fields of an image or a histogram
local function values_of(event)
  local found = {}
  for _, value in ipairs(event[5] and message(event[5][1])[1] or {}) do
    local v = message(value)
    found[v[1][1]] = v[2] and ("<f"):unpack(v[2][1]) or message((v[4] or v[5])[1])
  end
  return found
end

-- a file as a list of {time =, step =, version =, values =}; all checksums are compared
local function read(text)
  local list, at = {}, 1
  while at <= #text do
    local length, sum = ("<I8I4"):unpack(text, at)
    assert.equal(crc(text:sub(at, at + 7)), unmasked(sum))
    local body = text:sub(at + 12, at + 11 + length)
    assert.equal(crc(body), unmasked(("<I4"):unpack(text, at + 12 + length)))
    local event = message(body)
    list[#list + 1] = {time = ("<d"):unpack(event[1][1]), step = (event[2] or {0})[1],
      version = (event[3] or {})[1], values = values_of(event), body = body}
    at = at + 16 + length
  end
  return list
end

local function doubles(bytes)
  local list = {}
  for at = 1, #bytes, 8 do list[#list + 1] = ("<d"):unpack(bytes, at) end
  return list
end

local png = core.png.image(5, 3, 1, 0x808080):encode()

describe("a file of events", function()
  it("has the checksums of Castagnoli", function()
    assert.equal(0xe3069283, tfevents.crc32c "123456789")
    assert.equal(0x8a9136aa, tfevents.crc32c(("\0"):rep(32)))   -- RFC 3720, B.4
    assert.equal(0x62a8ab43, tfevents.crc32c(("\xff"):rep(32)))
    local long = ("teasel"):rep(2000)
    assert.equal(crc(long), tfevents.crc32c(long))
  end)

  it("says what it is, and gives back scalars, images and histograms by tag and step", function()
    local x = T.tensor{1, 1, 2, 5, 11}
    local list = read(tfevents.begin(1e9 + 0.5) .. tfevents.event(1e9 + 1, 3000000000, {
      tfevents.scalar("loss", 0.25), tfevents.scalar("kl/1", -2), tfevents.image("figure", png),
      tfevents.histogram("w", x)}))
    assert.same({1e9 + 0.5, "brain.Event:2"}, {list[1].time, list[1].version})
    assert.same({1e9 + 1, 3000000000}, {list[2].time, list[2].step})
    local v = list[2].values
    assert.same({0.25, -2.0}, {v.loss, v["kl/1"]})
    assert.same({{3}, {5}, {1}, {png}}, v.figure)
    local h = {}
    for i = 1, 5 do h[i] = ("<d"):unpack(v.w[i][1]) end
    assert.same({1.0, 11.0, 5.0, 20.0, 152.0}, h)
    local ends, counts = doubles(v.w[6][1]), doubles(v.w[7][1])
    assert.same({30, 30}, {#ends, #counts})
    assert.near(1 + 1 / 3, ends[1], 1e-6)
    assert.same({11.0, 2.0, 1.0, 0.0}, {ends[30], counts[1], counts[30], counts[29]})
    local constant = message(message(tfevents.histogram("c", T.full({4}, 7)))[5][1])
    assert.same({{7.0}, {4.0}}, {doubles(constant[6][1]), doubles(constant[7][1])})
  end)

  it("is what protoc reads", function()
    if not os.execute "protoc --version > /dev/null 2>&1" then
      pending "wanted Debian's protobuf-compiler (make peers)"
      return
    end
    local body = read(tfevents.event(2, 300, {tfevents.scalar("loss", 0.25)}))[1].body
    assert(core.file.save(folder .. "/body", body))
    local pipe = io.popen(("protoc --decode_raw < %s/body"):format(folder))
    assert.equal('1: 0x4000000000000000\n2: 300\n5 {\n  1 {\n    1: "loss"\n    2: 0x3e800000\n'
      .. "  }\n}\n", pipe:read "a")
    pipe:close()
  end)

  it("refuses what is no picture and what is not finite", function()
    assert.error_matches(function() tfevents.image("x", "GIF89a") end, "got no PNG file")
    for _, x in ipairs{T.zeros{0}, T.tensor{1, math.huge}, T.tensor{0 / 0}} do
      assert.error_matches(function() tfevents.histogram("x", x) end,
        "wanted items that are finite")
    end
  end)
end)

describe("the file of events of a run", function()
  local SCRIPT = [[
    local T = require "teasel"
    local config = T.run.config({steps = 4, log = 2, checkpoint = 2}, nil, ...)
    local state = {params = {w = T.tensor{1, 2}}, adam = {slots = {T.ones{2}}, optimizer = "x"}}
    local r = T.run.train{config = config, state = state, step = function(step)
      state.params.w = state.params.w + 1
      return {loss = step, unit_kl = {step, 10 * step}}
    end}
    return r]]

  local function train(name, given)
    given.run = folder .. "/" .. name
    return assert(load(SCRIPT))(given)
  end

  local function events_of(dir)
    return read(core.file.read(dir .. "/events.out.tfevents.1.teasel"))
  end

  -- tag -> {step = value, ...} of numbers, and of histograms their least item
  local function curves(list)
    local all = {}
    for _, event in ipairs(list) do
      for tag, value in pairs(event.values) do
        all[tag] = all[tag] or {}
        local least = type(value) == "table" and value[1][1]
        all[tag][event.step] = type(least) == "string" and ("<d"):unpack(least) or value
      end
    end
    return all
  end

  it("has its terms, weights and figures by their steps and times", function()
    local r = train("after", {})
    assert(core.file.save(r:figure "curves.png", png))
    assert(core.file.save(r:figure "curves.csv", "x"))
    local path, counts = events.write(r.dir, 1e9)
    assert.same({scalars = 6, histograms = 3, images = 1}, counts)
    local list = events_of(r.dir)
    local last = {}
    for _, event in ipairs(list) do last[event.step] = event.time end
    assert.near(1e9, last[4], 1e-3)
    local all = curves(list)
    all["figures/curves"] = nil
    assert.same({loss = {[2] = 1.5, [4] = 3.5}, ["unit_kl/1"] = {[2] = 1.5, [4] = 3.5},
      ["unit_kl/2"] = {[2] = 15.0, [4] = 35.0}, ["params/w"] = {[0] = 1.0, [2] = 3.0, [4] = 5.0}},
      all)
    assert.equal(png, list[#list].values["figures/curves"][4][1])
    assert.equal(folder .. "/after/events.out.tfevents.1.teasel", path)
  end)

  it("is written as it trains with --tensorboard, and goes on with the run", function()
    local wanted = curves(events_of(folder .. "/after"))
    wanted["figures/curves"] = nil
    train("whole", {tensorboard = true})
    assert.same(wanted, curves(events_of(folder .. "/whole")))
    train("parts", {tensorboard = true, steps = 2})
    train("parts", {tensorboard = true, steps = 4, resume = true})
    assert.same(wanted, curves(events_of(folder .. "/parts")))
    assert.is_nil(core.file.read(train("without", {}).dir .. "/events.out.tfevents.1.teasel"))
  end)

  it("is closed once, and takes nothing after that", function()
    local board = events.open(folder .. "/without")
    board:line{step = 9, loss = 1.0}
    board:close()
    board:close()
    assert.error_matches(function() board:line{step = 10, loss = 1.0} end,
      "writer:line: got a writer that is closed, wanted an open one")
    assert.error_matches(function() board:state(10, {}) end, "writer:state: got a writer")
  end)

  it("says what it could not write", function()
    local board = events.open(folder .. "/without")
    board.file:close()
    board.file = assert(io.open("/dev/full", "ab"))
    assert.error_matches(function() board:line{step = 11, loss = 1.0} end,
      "writer:line: .*/without/events.*: No space left on device")
    board:close()
  end)

  it("is made by the command, for each of several runs", function()
    local pipe = io.popen(("build/teasel tensorboard %s/after %s/without"):format(folder, folder))
    assert.equal(("%s/after/events.out.tfevents.1.teasel: 6 scalars, 3 histograms, 1 images\n"
      .. "%s/without/events.out.tfevents.1.teasel: 6 scalars, 3 histograms, 0 images\n"):format(
      folder, folder), pipe:read "a")
    pipe:close()
  end)
end)
