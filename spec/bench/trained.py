#!/usr/bin/env python3
"""PyTorch's steps from a state that trained.lua has saved.

usage: trained.py                     prints the version of PyTorch
       trained.py FILE THREADS FLUSH  takes steps as peer.py does; with 1 thread the times are the processor's
FLUSH: 1 has denormal numbers count as 0, 0 does not. The model's probe must be that of the file.
"""
import json
import sys
import time

sys.dont_write_bytecode = True

import h5py
import peer
import torch
import torch.nn as nn

TOLERANCE = 1e-3


def kernel(w):
    """Ours: height, width, in, out; those of a transposed one are its convolution's, as PyTorch's are."""
    return w.permute(3, 2, 0, 1) if w.dim() == 4 else w.t() if w.dim() == 2 else w


def channels_first(w, axis, c):
    """An axis of side x side x c numbers, as one of c x side x side."""
    side = round((w.shape[axis] // c) ** 0.5)
    return w.unflatten(axis, (side, side, c)).movedim(axis + 2, axis).flatten(axis, axis + 2)


def maps_behind(modules, i):
    """The channels of the images that the numbers behind module i become, or None."""
    for module in modules[i + 1:]:
        if isinstance(module, nn.Unflatten):
            return module.unflattened_size[0]
        if isinstance(module, (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)):
            return None


def numbers(tree, module, before=()):
    """Pairs of a parameter and what a tree like ours has for it; before: the layers that a network stands behind."""
    if not isinstance(module, nn.Sequential):
        yield from layer_numbers(tree, module, [*before, module], len(before))
        return
    for i, layer in enumerate(module):   # ours counts from 1
        if any(True for _ in layer.parameters()):
            yield from layer_numbers(tree[str(i + 1)], layer, [*before, *module], len(before) + i)


def layer_numbers(tree, module, modules, i):
    heads = [tree[h] for h in ("mean", "logvar", "class") if h in tree] or [tree]
    names = ("weight", "bias") if "weight" in heads[0] else ("scale", "shift")
    for name, p in zip(names, (module.weight, module.bias)):
        if p is not None:
            w = torch.cat([kernel(torch.tensor(h[name][()], dtype=torch.float32)) for h in heads])
            if w.dim() == 2 and i > 0 and isinstance(modules[i - 1], nn.Flatten):
                images = [m for m in modules[:i] if isinstance(m, nn.Conv2d)]
                w = channels_first(w, 1, images[-1].out_channels) if images else w
            behind = w.dim() < 3 and maps_behind(modules, i)
            w = channels_first(w, 0, behind) if behind else w
            assert w.shape == p.shape, "%s: %s, wanted %s" % (tree.name, w.shape, p.shape)
            yield p, w.contiguous()


def put(state, model):
    """The state into the model, in place."""
    def pairs(tree, path, module):
        return numbers(tree, module, model.modules["params/critic/trunk"] if path.endswith("_head") else ())

    for path, module in model.modules.items():
        for p, w in pairs(state[path], path, module):
            p.copy_(w)
    for name, (optimizer, root) in model.optimizers.items():
        for number, slot in enumerate(("exp_avg", "exp_avg_sq"), 1):
            group = state["%s/slots/%d" % (name, number)]
            for path, module in model.modules.items():
                inner = path[len(root):] if path.startswith(root) else None
                if inner == "" or inner and inner in group:
                    for p, w in pairs(group[inner] if inner else group, path, module):
                        optimizer.state[p][slot] = w
        assert all(p in optimizer.state for p in optimizer.param_groups[0]["params"]), name


def main():
    if len(sys.argv) < 4:
        print(torch.__version__)
        return
    torch.manual_seed(0)
    # before there are other threads: they take the mode from this one
    assert torch.set_flush_denormal(sys.argv[3] == "1"), "no such mode here"
    torch.set_num_threads(int(sys.argv[2]))
    with h5py.File(sys.argv[1], "r") as f, torch.no_grad():
        text = json.loads(bytes(f["note"][()]))
        note = text["note"]
        model = peer.MODELS[note["model"]]()
        put(f["state/model"], model)
        for name, (optimizer, _) in model.optimizers.items():
            for slots in optimizer.state.values():
                slots["step"] = torch.tensor(float(text["plain"]["state/model/%s/t" % name][0]))
        model.images.copy_(torch.tensor(f["state/x"][()]).permute(0, 3, 1, 2))
        z = torch.tensor(f["state/z"][()], dtype=torch.float32) if "state/z" in f else None
        loss = model.probe(z).item()
    if abs(loss - note["probe"]) > TOLERANCE * abs(note["probe"]):
        sys.exit("%s: the loss is %g, wanted %g" % (sys.argv[1], loss, note["probe"]))
    peer.serve(model.step, time.process_time if sys.argv[2] == "1" else time.perf_counter)


if __name__ == "__main__":
    main()
