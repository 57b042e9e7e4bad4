#!/usr/bin/env python3
"""PyTorch's step from a state that trained.lua has saved.

usage: trained.py                     prints the version of PyTorch
       trained.py FILE THREADS FLUSH  prints a line of JSON: the median step in milliseconds, and the loss
FLUSH: 1 has denormal numbers count as 0, 0 does not. The loss, at z = mean, must be the one in the file.
"""
import json
import statistics
import sys
import time

sys.dont_write_bytecode = True

import h5py
import peer
import torch

NETWORKS = {"fc": peer.fc_networks, "conv": peer.conv_networks}
WARM, STEPS, TOLERANCE = 3, 30, 1e-3


def kernel(w):
    """Ours: height, width, in, out; those of a transposed one are its convolution's, as PyTorch's are."""
    return w.permute(3, 2, 0, 1) if w.dim() == 4 else w.t() if w.dim() == 2 else w


def channels_first(w, axis, c):
    """An axis of 4 x 4 x c numbers, as one of c x 4 x 4."""
    w = w.unflatten(axis, (4, 4, c)).movedim(axis + 2, axis)
    return w.flatten(axis, axis + 2)


def layer_numbers(group, name, module, before, after):
    """weight and bias of a layer of ours, in PyTorch's order"""
    heads = [group[h] for h in ("mean", "logvar")] if "mean" in group else [group]
    w, b = (torch.cat([kernel(torch.tensor(h[part][()], dtype=torch.float32)) for h in heads])
            for part in ("weight", "bias"))
    if isinstance(before, torch.nn.Flatten) and module.in_features < 4096:
        w = channels_first(w, 1, module.in_features // 16)
    if isinstance(after, torch.nn.Unflatten):
        w, b = (channels_first(t, 0, module.out_features // 16) for t in (w, b))
    assert w.shape == module.weight.shape and b.shape == module.bias.shape, name
    return w.contiguous(), b.contiguous()


def numbers(tree, networks):
    """Pairs of a parameter and what a tree like ours has for it; ours counts layers from 1."""
    for side, net in zip(("encoder", "decoder"), networks):
        modules = list(net)
        for i, module in enumerate(modules):
            if hasattr(module, "weight"):
                after = modules[i + 2] if i + 2 < len(modules) else None   # behind the ReLU
                before = modules[i - 1] if i > 0 else None
                name = "%s/%d" % (side, i + 1)
                yield from zip((module.weight, module.bias),
                               layer_numbers(tree[name], name, module, before, after))


def main():
    if len(sys.argv) < 4:
        print(torch.__version__)
        return
    torch.manual_seed(0)
    # before there are other threads: they take the mode from this one
    assert torch.set_flush_denormal(sys.argv[3] == "1"), "no such mode here"
    torch.set_num_threads(int(sys.argv[2]))
    with h5py.File(sys.argv[1], "r") as f:
        text = f["note"][()]
        note = json.loads(bytes(text))["note"]
        encoder, decoder = networks = NETWORKS[note["model"]]()
        state = f["state"]
        with torch.no_grad():
            for p, value in numbers(state["params"], networks):
                p.copy_(value)
        optimizer = peer.adam(encoder, decoder, lr=note["lr"])
        for slot, tree in (("exp_avg", "1"), ("exp_avg_sq", "2")):
            for p, value in numbers(state["slots"][tree], networks):
                optimizer.state[p][slot] = value
                optimizer.state[p]["step"] = torch.tensor(float(note["t"]))
        x = torch.tensor(state["x"][()], dtype=torch.float32).permute(0, 3, 1, 2).contiguous()
    with torch.no_grad():
        mean, logvar = encoder(x).split(10, 1)
        loss = peer.bce(decoder(mean).flatten(1), x.flatten(1), reduction="sum") / len(x)
        loss = (loss + note["beta"] * 0.5 * (mean * mean + logvar.exp() - 1 - logvar).sum() / len(x)).item()
    if abs(loss - note["loss"]) > TOLERANCE * abs(note["loss"]):
        sys.exit("%s: the loss is %g, wanted %g" % (sys.argv[1], loss, note["loss"]))
    step, times = peer.vae(encoder, decoder, x, beta=note["beta"], optimizer=optimizer), []
    for _ in range(WARM + STEPS):
        start = time.perf_counter()
        step()
        times.append((time.perf_counter() - start) * 1e3)
    print(json.dumps({"ms": statistics.median(times[WARM:]), "loss": loss}))


if __name__ == "__main__":
    main()
