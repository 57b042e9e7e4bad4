-- The kernels for far memory are CUDA as well as C: where NVIDIA's compiler is, it reads them.

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "a"
  file:close()
  return text
end

-- where CUDA is installed, or nil
local function cuda()
  for _, folder in ipairs{os.getenv "CUDA_HOME" or "", "/usr/local/cuda", "/usr"} do
    local file = folder ~= "" and io.open(folder .. "/include/nvrtc.h")
    if file then
      file:close()
      return folder
    end
  end
end

describe("the kernels for far memory", function()
  it("compile for a GPU, by the compiler that a program has at hand #slow #once", function()
    local folder = cuda()
    if not folder then return pending "wanted CUDA's NVRTC" end
    local to = os.tmpname()
    local function run(command) return os.execute((command:gsub("TO", to):gsub("CUDA", folder))) end
    assert(run "gcc -ICUDA/include -o TO spec/device/nvrtc.c -LCUDA/lib64 -lnvrtc \z
      -Wl,-rpath,CUDA/lib64")
    assert(run "TO csrc/device/far.cu -Icsrc -arch=sm_80 -fmad=false > TO.out", "NVRTC refuses it")
    local code, seen = read(to .. ".out"), 0
    os.remove(to)
    os.remove(to .. ".out")
    local lists = read "csrc/kernel/kern_list.h" .. read "csrc/device/far_list.h"
    for name in lists:gmatch "%f[%w]F%(([%w_]+), " do
      seen = seen + 1
      assert.is_truthy(code:find("kernel_" .. name, 1, true), name)
    end
    assert.is_true(seen > 80)
  end)
end)
