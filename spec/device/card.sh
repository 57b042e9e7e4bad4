#!/bin/sh
# card.sh: what a machine with an NVIDIA GPU has to show, in one go of at most nine minutes
# ($SECONDS_IN_ALL: 540), and what there is no time for is left out: ops and gradients, products by
# tiles, a training, and steps beside PyTorch's. `make card` builds and runs it. Where nothing can be installed, unpack build/kit.tar.xz (make kit) in the root of the sources
# and run sh spec/device/card.sh. What each part says stands in $OUT, or build/card.

OUT=${OUT:-build/card}
SECONDS_EACH=${SECONDS_EACH:-5}
MODELS=${MODELS:-fc,conv,infogan_mnist,infogan_celeba,mathieu,unrolled}
mkdir -p "$OUT"
export TEASEL_CACHE="$PWD/build/card/cache" TEASEL_FAR=gpu
export LUA_PATH_5_4='lua/?.lua;lua/?/init.lua;./?.lua;;' LUA_CPATH_5_4='build/lib/?.so;;'

# what the kit has brought comes before the system's, but not for others' programs
if [ -d build/kit ]; then
  python=$(command -v python3)
  if [ -n "$python" ]; then
    printf '#!/bin/sh\nunset LD_LIBRARY_PATH\nexec %s "$@"\n' "$python" > build/kit/bin/python3
    chmod +x build/kit/bin/python3
  fi
  export PATH="$PWD/build/kit/bin:$PATH" LD_LIBRARY_PATH="$PWD/build/kit/lib:$LD_LIBRARY_PATH"
  modules="$PWD/build/kit/lua/?.lua;$PWD/build/kit/lua/?/init.lua"
  LUA_PATH_5_4="lua/?.lua;lua/?/init.lua;./?.lua;$modules;;"
  LUA_CPATH_5_4="build/lib/?.so;$PWD/build/kit/so/?.so;;"
  # and for those that specs start, with paths of their own
  export LUA_INIT_5_4="package.path = package.path .. ';$modules'
    package.cpath = package.cpath .. ';$PWD/build/kit/so/?.so'"
fi

# NVRTC that came with something else, such as PyTorch
if [ -z "$TEASEL_CUDA" ] && ! ls /usr/local/cuda/lib64/libnvrtc.so.1* > /dev/null 2>&1; then
  found=$(find / -name 'libnvrtc.so.1*' -not -path '/proc/*' 2> /dev/null | sort | tail -n 1)
  [ -z "$found" ] || export TEASEL_CUDA="$(dirname "$found")"
fi

status=0
end=$(($(date +%s) + ${SECONDS_IN_ALL:-540}))
# part NAME SECONDS COMMAND ...: so long, or as long as is left
part() {
  name=$1
  limit=$2
  shift 2
  began=$(date +%s)
  [ $((end - began)) -gt "$limit" ] || limit=$((end - began))
  if [ "$limit" -le 0 ]; then
    status=1
    echo "-- $name: left out, there is no time"
    return
  fi
  timeout "$limit" "$@" > "$OUT/$name.txt" 2>&1
  code=$?
  [ $code = 0 ] || status=1
  echo "-- $name: $([ $code = 0 ] && echo fine || echo "FAILED, status $code"), $(($(date +%s) - began)) s"
  cut -c1-200 "$OUT/$name.txt" | tail -n "${LINES_EACH:-40}"
}

command -v nvidia-smi > /dev/null && nvidia-smi --query-gpu=name,driver_version,memory.total,clocks.max.sm --format=csv,noheader
part training 120 build/teasel spec/device/card.lua
part plain 60 env TEASEL_PLAIN=1 build/teasel spec/device/card.lua   # its own kernels left out
part ops 60 busted spec/graph/far_spec.lua
part products 60 busted spec/graph/far_large_spec.lua
part gradients 90 env TEASEL_BUILD=build/double \
  LUA_CPATH_5_4="build/double${LUA_CPATH_5_4#build}" busted spec/graph/far_spec.lua spec/graph/far_large_spec.lua
LINES_EACH=150
part runs 90 busted spec/run/device_spec.lua
part bench 360 build/teasel spec/bench/main.lua --device gpu --seconds "$SECONDS_EACH" \
  --models "$MODELS" --json "$OUT/bench.json"
exit $status
