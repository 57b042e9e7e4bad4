-- The kernels of a GPU are CUDA as well as C: where NVIDIA's compiler is, it makes code of them,
-- called as teasel calls it, for two kinds of devices; TEASEL_CAPABILITIES names others, such as
-- "75 100", each of which takes some seconds. The driver is a stand-in, which cannot load that
-- code.

local child = require "spec.child"
local fake = require "spec.device.fake"
local scratch = require "spec.scratch"

describe("NVIDIA's compiler", function()
  local folder, cuda
  setup(function()
    folder = scratch.make()
    cuda = fake.build(folder)
    os.remove(cuda .. "/libnvrtc.so.12")
  end)
  teardown(function() scratch.remove(folder) end)

  -- the kernels that the code for a capability has to have
  local function names()
    local list = {}
    local lists = scratch.read(child.root, "csrc/kernel/kern_list.h") ..
      scratch.read(child.root, "csrc/device/far_list.h")
    for name in lists:gmatch "%f[%w]F%(([%w_]+), " do list[#list + 1] = "kernel_" .. name end
    return list
  end

  for capability in (os.getenv "TEASEL_CAPABILITIES" or "80 90"):gmatch "%d+" do
    it(("makes code of all kernels for sm_%s #slow #once"):format(capability), function()
      local text = scratch.shell(folder, fake.environment(cuda, folder .. "/" .. capability,
        {FAKE_CAPABILITY = capability, FAKE_DRIVER = 99000}) .. child.lua ..
        [[ -e 'print(pcall(require("teasel").to, require("teasel").zeros(1), "gpu"))']])
      if text:find "there is no NVRTC" then return pending "wanted CUDA's NVRTC" end
      assert.matches("the driver does not load the kernels: CUDA_ERROR_INVALID_IMAGE", text)
      local file = scratch.shell(folder, ("ls %s/kernels"):format(capability)):match "%x+"
      local code = scratch.read(folder, ("%s/kernels/%s"):format(capability, file))
      assert.equal("\127ELF", code:sub(33, 36))
      assert.is_true(#names() > 80)
      for _, name in ipairs(names()) do assert.is_truthy(code:find(name, 1, true), name) end
    end)
  end
end)
