-- CelebA and other sets of pictures, on small files in exactly their layouts.

local T = require "teasel"
local expect = require "spec.expect"
local jpeg = require "spec.jpeg"
local metric = require "teasel.metric"
local tool = require "teasel.report.score"
local real = require("spec.data").folder
local scratch = require "spec.scratch"

local near, refused = expect.near, expect.refused
local folder

local function write(name, data) return scratch.write(folder, name, data) end

local function pgm(value) return "P5 2 2 255\n" .. string.char(value):rep(4) end

before_each(function() folder = scratch.cached() end)

after_each(function() scratch.remove(folder) end)

local NAMES = "5_o_Clock_Shadow Arched_Eyebrows Smiling"
local ROWS = {"-1  1  1", " 1 -1  1", "-1 -1 -1", " 1  1 -1"}

-- four aligned faces; the middle 178 rows of the i-th are 30 i, those above and below white
local function faces()
  for i = 1, 4 do
    local data = ("\255"):rep(178 * 20) .. string.char(30 * i):rep(178 * 178)
      .. ("\255"):rep(178 * 20)
    write(("img_align_celeba/%06d.jpg"):format(i), jpeg.encode{width = 178, height = 218,
      channels = 1, data = data, step = 2})
  end
end

local function lists(how)
  local rows, csv, parts, people = {}, {}, {}, {}
  for i, row in ipairs(ROWS) do
    rows[i] = ("%06d.jpg %s"):format(i, row)
    csv[i] = ("%06d.jpg,%s"):format(i, (row:gsub("^%s+", ""):gsub("%s+", ",")))
    parts[i] = ("%06d.jpg %d"):format(i, (i - 1) // 2)
    people[i] = ("%06d.jpg %d"):format(i, ({2880, 7, 2880, 10})[i])
  end
  if how == "csv" then
    write("list_attr_celeba.csv", "image_id," .. NAMES:gsub(" ", ",") .. "\n"
      .. table.concat(csv, "\n"))
  else
    write("Anno/list_attr_celeba.txt", "202599\r\n" .. NAMES .. " \r\n"
      .. table.concat(rows, "\r\n") .. "\r\n")
  end
  write("Eval/list_eval_partition.txt", table.concat(parts, "\n"))   -- no newline at the end
  write("Anno/identity_CelebA.txt", "image identity\r\n" .. table.concat(people, "\r\n") .. "\r\n")
end

describe("CelebA", function()
  it("has the middle of its faces, attributes, parts and people", function()
    faces()
    lists()
    local s = assert(T.data.celeba{folder = folder, size = 8, identity = true})
    assert.same({4, {8, 8, 1}, {"5_o_Clock_Shadow", "Arched_Eyebrows", "Smiling"},
      {"7", "10", "2880"}}, {s:count(), s.shape, s.factor_names, s.classes})
    assert.is_nil(s.space)
    near(s:factors(), {{0, 1, 1}, {1, 0, 1}, {0, 0, 0}, {1, 1, 0}}, 0)
    near(s:labels(), {2, 0, 2, 1}, 0)
    local x = (s:images() * 255):round()
    for i = 1, 4 do
      assert.is_true((x[i] - 30 * i):abs():max():item() <= 2, "the border is cut off")
    end
    local train = assert(T.data.celeba{folder = folder, part = "train", size = 8})
    assert.same({2, {"000001.jpg", "000002.jpg"}}, {train:count(), train.files})
    local valid = assert(T.data.celeba{folder = folder, part = "valid", size = 8})
    near(valid:factors(), {{0, 0, 0}, {1, 1, 0}}, 0)
    local _, message = T.data.celeba{folder = folder, part = "test", size = 8}
    assert.matches("got no picture", message)
  end)

  it("is read with lists as .csv, and with lists shorter than the images", function()
    faces()
    lists "csv"
    local s = assert(T.data.celeba{folder = folder, size = 8})
    near(s:factors(), {{0, 1, 1}, {1, 0, 1}, {0, 0, 0}, {1, 1, 0}}, 0)
    write("list_attr_celeba.csv", "image_id,Bald\n000003.jpg,1\n000009.jpg,1\n")
    s = assert(T.data.celeba{folder = folder, size = 8})
    assert.same({1, {"000003.jpg"}}, {s:count(), s.files})
  end)

  it("is scored on its attributes from a folder, in one command", function()
    faces()
    lists()
    local s = assert(T.data.celeba{folder = folder, size = 8})
    local score = metric.mig(s, function(_, attributes) return attributes end, {factors = {1, 2}})
    assert.is_true(score > 0.9)
    -- eight of them by the tool
    local text, csv = "8\n" .. NAMES .. "\n", "file,a,b\n"
    for i = 1, 8 do
      local name, of = ("%06d.jpg"):format(i), (i - 1) % 4 + 1
      if i > 4 then
        local f = assert(io.open(("%s/img_align_celeba/%06d.jpg"):format(folder, of), "rb"))
        write("img_align_celeba/" .. name, f:read "a")
        f:close()
      end
      text = ("%s%s %s\n"):format(text, name, ROWS[of])
      csv = ("%simg_align_celeba/%s,%d,%d\n"):format(csv, name, (of - 1) // 2, (of - 1) % 2)
    end
    write("Anno/list_attr_celeba.txt", text)
    local wanted = {representation = "truth", metrics = "mig",
      factors = "5_o_Clock_Shadow,Arched_Eyebrows"}
    local results, report = tool.of(folder, wanted)
    near(results[1].value, score, 1e-6)
    assert.equal(8, report.n)
    -- and so is any folder with a table
    write("labels.csv", csv)
    wanted.factors = "b,a"
    near(tool.of(folder, wanted)[1].value, score, 1e-6)
    write("labels.csv", "file,a\nnone.jpg,0\n")
    refused("is no run (it has no script.lua), and ", tool.of, folder, wanted)
  end)

  it("names what is missing or damaged", function()
    local function fails(message)
      local s, got = T.data.celeba{folder = folder, size = 8}
      assert.is_nil(s)
      assert.is_truthy(got:find(folder, 1, true) and got:find(message, 1, true), got)
    end
    faces()
    fails("has no list_attr_celeba.txt or list_attr_celeba.csv, nor in Anno or Eval")
    write("list_attr_celeba.txt", "3\nA B\n000001.jpg 1 -1 1\n")
    fails("got '1 -1 1' for 000001.jpg, wanted 2 numbers of 1 and -1")
    write("list_attr_celeba.txt", "3\nA B\n000001.jpg 1 x\n")
    fails("got '1 x' for 000001.jpg")
    write("list_attr_celeba.txt", "3\nA B\n000001.jpg 1 1\nhello\n")
    fails("got 'hello' in line 4")
    write("list_attr_celeba.txt", "3\nA B\n")
    fails("got no picture")
    write("list_attr_celeba.txt", "3\nA B\n000001.jpg 1 1\n000002.jpg 1 1\n")
    write("img_align_celeba/000002.jpg", "\xff\xd8\xff\xe0")
    fails("000002.jpg': JPEG: ")
    assert.equal("", io.popen(("ls '%s/cache' 2>/dev/null"):format(folder)):read "a")
    refused("celeba: option 'part': got 'val', wanted 'train', 'valid', 'test' or 'all'",
      T.data.celeba, {folder = folder, part = "val"})
  end)

  it("has its lists in the layouts of several mirrors", function()
    local at = real and real .. "/real/celeba_layout"
    if not at or not io.open(at) then return pending "no lists of CelebA in shared/data/real" end
    local function copy(name, to)
      local f = assert(io.open(at .. "/" .. name, "rb"))
      write(to, f:read "a")
      f:close()
    end
    write("000001.jpg", jpeg.encode{width = 178, height = 218, channels = 1, step = 9,
      data = ("\9"):rep(178 * 218)})
    write("000144.jpg", jpeg.encode{width = 178, height = 218, channels = 1, step = 9,
      data = ("\9"):rep(178 * 218)})
    copy("list_attr_celeba.head.txt", "list_attr_celeba.txt")
    copy("list_eval_partition.head.txt", "list_eval_partition.txt")
    copy("identity_CelebA.with_header.head.txt", "identity_CelebA.txt")
    local s = assert(T.data.celeba{folder = folder, size = 8, part = "train", identity = true})
    assert.same({1, 40, "Young", {"2880"}}, {s:count(), #s.factor_names, s.factor_names[40],
      s.classes})
    near(s:factors():slice(2, 1, 6), {{0, 1, 1, 0, 0, 0}}, 0)
    os.remove(folder .. "/list_attr_celeba.txt")
    copy("list_attr_celeba.kaggle_style.csv", "list_attr_celeba.csv")
    s = assert(T.data.celeba{folder = folder, size = 8})
    assert.same({1, "000144.jpg", 40}, {s:count(), s.files[1], #s.factor_names})
    assert.equal("Eyeglasses", s.factor_names[16])
    near(s:factors():slice(2, 9, 16), {{1, 0, 0, 0, 0, 0, 0, 1}}, 0)
  end)
end)

describe("other sets of pictures", function()
  it("are CASIA-WebFace, with people as classes", function()
    for i, name in ipairs{"0000045/001.jpg", "0000045/002.jpg", "0000099/001.jpg"} do
      write(name, jpeg.encode{width = 10, height = 12, channels = 1,
        data = string.char(9 * i):rep(120)})
    end
    local s = assert(T.data.casia{folder = folder, size = 4, crop = 8})
    assert.same({3, {4, 4, 3}, {"0000045", "0000099"}}, {s:count(), s.shape, s.classes})
    local _, _, a, b = s:pairs(T.stream(1), 20, {class = true})
    near(s:labels(a), s:labels(b), 0)
  end)

  it("are LINE-MOD in both layouts, without its masks", function()
    write("ape/JPEGImages/000000.pgm", pgm(1))
    write("ape/mask/0000.pgm", pgm(2))
    write("cat/JPEGImages/000000.pgm", pgm(3))
    local s = assert(T.data.linemod{folder = folder})
    assert.same({2, {"ape", "cat"}}, {s:count(), s.classes})
    write("bop/000002/rgb/000001.pgm", pgm(4))
    write("bop/000002/depth/000001.pgm", pgm(5))
    s = assert(T.data.linemod{folder = folder .. "/bop"})
    assert.same({"000002/rgb/000001.pgm"}, s.files)
  end)

  it("are chairs, whose angles are in their names", function()
    for i, t in ipairs{"000", "232"} do
      write(("a1/renders/image_00%d_p020_t%s_r096.pgm"):format(i, t), pgm(i))
      write(("b2/renders/image_00%d_p030_t%s_r096.pgm"):format(i, t), pgm(i))
    end
    local s = assert(T.data.rendered_chairs{folder = folder})
    assert.same({{"a1", "b2"}, {"elevation", "azimuth"}}, {s.classes, s.factor_names})
    near(s:factors(), {{20, 0}, {20, 232}, {30, 0}, {30, 232}}, 0)
    write("a1/renders/image.pgm", pgm(3))
    local _, message = T.data.rendered_chairs{folder = folder}
    assert.matches("got 0 captures in 'a1/renders/image.pgm', wanted 2", message)
  end)

  it("are real ones, where they are there", function()
    local at = real and real .. "/real"
    if not at or not io.open(at) then return pending "no shared/data/real" end
    local s = assert(T.data.folder{at .. "/yaleb_cropped/half", only = "A[+-]",
      pattern = "A([+-]%d+)E([+-]%d+)", names = {"azimuth", "elevation"}})
    assert.same({2414, {96, 84, 1}, 38}, {s:count(), s.shape, #s.classes})
    assert.same({-130, 130}, {s:factors():min(1):table()[1], s:factors():max(1):table()[1]})
    s = assert(T.data.folder{at .. "/orl_faces", size = 32})
    assert.same({400, 40}, {s:count(), #s.classes})
    s = assert(T.data.linemod{folder = at .. "/lmo_bop/test", size = 64})
    assert.same({12, {64, 64, 3}}, {s:count(), s.shape})
    s = assert(T.data.folder{at .. "/cmu_faces/faces"})   -- words, CRLF, and white is 156
    assert.same({120, 128, 1}, s.shape)
    assert.is_true(s:images():max():item() > 0.9)
  end)
end)
