-- A GPU for machines that have none: stand-ins for its driver and for NVRTC (fake_driver.c,
-- fake_nvrtc.c), which teasel loads in their place.

local core = require "teasel.core"

local fake = {}

-- build(folder, options) -> the folder in it that TEASEL_CUDA is to name; gcc's options for the
-- driver, if any, make another one of it
function fake.build(folder, options)
  local to = folder .. "/" .. (options and "other" or "cuda")
  assert(core.system.folder(to))
  for name, source in pairs{["libcuda.so.1"] = "driver", ["libnvrtc.so.12"] = "nvrtc"} do
    assert(os.execute(("env -u LD_PRELOAD gcc -shared -fPIC %s spec/device/fake_%s.c -o %s/%s")
      :format(source == "driver" and options or "", source, to, name)))
  end
  return to
end

-- environment(cuda, cache, set) -> what to put before a command that is to compute on it: with
-- teasel's cache in a folder, and what the stand-ins read
function fake.environment(cuda, cache, set)
  local words = {("TEASEL_CUDA='%s' TEASEL_CACHE='%s'"):format(cuda, cache)}
  for name, value in pairs(set or {}) do words[#words + 1] = ("%s='%s'"):format(name, value) end
  return table.concat(words, " ") .. " "
end

return fake
