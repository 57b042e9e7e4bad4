#!/usr/bin/env python3
"""The reference models of models.lua as a PyTorch user would write them.

usage: peer.py                  prints the version of PyTorch
       peer.py MODEL THREADS [cuda]    then, on standard input, one line "seconds steps" at a time:
takes steps for about so many seconds, at most so many; each reply is one line of JSON with the
milliseconds of every step and the peak resident memory in MB. On a device: each with all that it began, in float32
throughout, and the device's memory.
"""
import json
import math
import os
import re
import sys
import time

if len(sys.argv) > 2:
    os.environ["OMP_NUM_THREADS"] = sys.argv[2]
# As it is set up, a thread that waits spins: where others want the cores, a step then takes up to 25 times as long.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

from collections import namedtuple

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.nn.utils.stateless import functional_call

bce = F.binary_cross_entropy_with_logits

# step: a function; modules and optimizers: by their names in the state of models.lua; images: what the step reads;
# probe(z): the loss of models.lua that takes no random numbers
Model = namedtuple("Model", "step modules optimizers images probe")


def adam(*modules, lr, beta1=0.9):
    return torch.optim.Adam([p for m in modules for p in m.parameters()], lr, betas=(beta1, 0.999))


def update(optimizer, loss):
    """One step; no gradients but those that it needs: G's loss is a function of D's weights too."""
    optimizer.zero_grad(set_to_none=True)
    loss.backward(inputs=[p for group in optimizer.param_groups for p in group["params"]])
    optimizer.step()


def vae(encoder, decoder, x, latents=10, beta=4.0):
    optimizer = adam(encoder, decoder, lr=5e-4)

    def loss(mean, logvar, z):
        reconstruction = bce(decoder(z).flatten(1), x.flatten(1), reduction="sum") / len(x)
        return reconstruction + beta * 0.5 * (mean * mean + logvar.exp() - 1 - logvar).sum() / len(x)

    def step():
        mean, logvar = encoder(x).split(latents, 1)
        update(optimizer, loss(mean, logvar, mean + torch.randn_like(mean) * (0.5 * logvar).exp()))

    def probe(_):
        mean, logvar = encoder(x).split(latents, 1)
        return loss(mean, logvar, mean)
    return Model(step, {"params/encoder": encoder, "params/decoder": decoder},
                 {"adam": (optimizer, "params/")}, x, probe)


def fc_networks():
    encoder = nn.Sequential(
        nn.Flatten(), nn.Linear(4096, 1200), nn.ReLU(), nn.Linear(1200, 1200), nn.ReLU(), nn.Linear(1200, 20))
    decoder = nn.Sequential(
        nn.Linear(10, 1200), nn.Tanh(), nn.Linear(1200, 1200), nn.Tanh(), nn.Linear(1200, 1200), nn.Tanh(),
        nn.Linear(1200, 4096))
    return encoder, decoder


def fc(batch=64):
    return vae(*fc_networks(), torch.rand(batch, 1, 64, 64).round())


def halve(i, o, **kw):
    return nn.Conv2d(i, o, 4, 2, 1, **kw)


def double(i, o, **kw):
    return nn.ConvTranspose2d(i, o, 4, 2, 1, **kw)


def conv_networks(c=32):
    encoder = nn.Sequential(
        halve(1, c), nn.ReLU(), halve(c, c), nn.ReLU(), halve(c, c), nn.ReLU(), halve(c, c), nn.ReLU(),
        nn.Flatten(), nn.Linear(16 * c, 256), nn.ReLU(), nn.Linear(256, 256), nn.ReLU(), nn.Linear(256, 20))
    decoder = nn.Sequential(
        nn.Linear(10, 256), nn.ReLU(), nn.Linear(256, 256), nn.ReLU(), nn.Linear(256, 16 * c), nn.ReLU(),
        nn.Unflatten(1, (c, 4, 4)), double(c, c), nn.ReLU(), double(c, c), nn.ReLU(), double(c, c), nn.ReLU(),
        double(c, 1))
    return encoder, decoder


def conv(batch=64):
    return vae(*conv_networks(), torch.rand(batch, 1, 64, 64).round())


def normed(layer, i, o):
    """A layer and batch norm, which would take out its bias."""
    return [layer(i, o, bias=False), (nn.BatchNorm1d if layer is nn.Linear else nn.BatchNorm2d)(o)]


def q_layers(i, o):
    return nn.Sequential(*normed(nn.Linear, i, 128), nn.LeakyReLU(0.1), nn.Linear(128, o))


def mnist_networks():
    generator = nn.Sequential(
        *normed(nn.Linear, 74, 1024), nn.ReLU(), *normed(nn.Linear, 1024, 6272), nn.ReLU(),
        nn.Unflatten(1, (128, 7, 7)), *normed(double, 128, 64), nn.ReLU(), double(64, 1), nn.Sigmoid())
    trunk = nn.Sequential(
        halve(1, 64), nn.LeakyReLU(0.1), *normed(halve, 64, 128), nn.LeakyReLU(0.1), nn.Flatten(),
        *normed(nn.Linear, 6272, 1024), nn.LeakyReLU(0.1))
    return generator, trunk, nn.Linear(1024, 1), q_layers(1024, 14)


def celeba_networks():
    generator = nn.Sequential(
        *normed(nn.Linear, 228, 1792), nn.ReLU(), nn.Unflatten(1, (448, 2, 2)), *normed(double, 448, 256), nn.ReLU(),
        double(256, 128), nn.ReLU(), double(128, 64), nn.ReLU(), double(64, 3), nn.Tanh())
    trunk = nn.Sequential(
        halve(3, 64), nn.LeakyReLU(0.1), *normed(halve, 64, 128), nn.LeakyReLU(0.1), *normed(halve, 128, 256),
        nn.LeakyReLU(0.1), nn.Flatten())
    return generator, trunk, nn.Linear(4096, 1), q_layers(4096, 100)


class Codes:
    """noise, `count` categories of ten and `uniform` numbers: a batch, and the mean of -log Q of its codes"""
    def __init__(self, noise, count, uniform):
        self.noise, self.count, self.uniform = noise, count, uniform

    def sample(self, batch):
        c = torch.randint(0, 10, (batch, self.count))
        u = torch.rand(batch, self.uniform) * 2 - 1
        return torch.cat([torch.rand(batch, self.noise) * 2 - 1, F.one_hot(c, 10).float().flatten(1), u], 1), c, u

    def drawn(self, z):
        """c and u of a batch"""
        end = self.noise + 10 * self.count
        return z[:, self.noise:end].unflatten(1, (self.count, 10)).argmax(2), z[:, end:]

    def loss(self, q, c, u):
        n = 10 * self.count
        loss = sum(F.cross_entropy(q[:, i:i + 10], c[:, i // 10]) for i in range(0, n, 10))
        if self.uniform:
            mean, logvar = q[:, n:].split(self.uniform, 1)
            loss = loss + 0.5 * (logvar + (u - mean) ** 2 * (-logvar).exp() + math.log(2 * math.pi)).mean(0).sum()
        return loss


def gan_model(step, networks, optimizers, real, codes):
    generator, trunk, d_head, q_head = networks

    def probe(z):
        fake = trunk(generator(z))
        n, q = len(z), codes.loss(q_head(fake), *codes.drawn(z))
        return bce(d_head(trunk(real)), torch.ones(len(real), 1)) + bce(d_head(fake), torch.zeros(n, 1)) + q
    return Model(step, {"params/generator": generator, "params/critic/trunk": trunk,
                        "params/critic/d_head": d_head, "params/q_head": q_head}, optimizers, real, probe)


def infogan(networks, shape, batch, codes):
    """One step of D and Q, then one of G, on one batch of codes."""
    generator, trunk, d_head, q_head = networks
    d_optimizer = adam(trunk, d_head, q_head, lr=2e-4, beta1=0.5)
    g_optimizer = adam(generator, lr=1e-3, beta1=0.5)
    real = torch.rand(batch, *shape)
    one, zero = torch.ones(batch, 1), torch.zeros(batch, 1)

    def step():
        z, *drawn = codes.sample(batch)
        fake = generator(z)
        h = trunk(fake.detach())
        update(d_optimizer, bce(d_head(trunk(real)), one) + bce(d_head(h), zero) + codes.loss(q_head(h), *drawn))
        h = trunk(fake)
        update(g_optimizer, bce(d_head(h), one) + codes.loss(q_head(h), *drawn))
    return gan_model(step, networks, {"d": (d_optimizer, "params/"), "g": (g_optimizer, "params/generator")},
                     real, codes)


def infogan_mnist(batch=128):
    return infogan(mnist_networks(), (1, 28, 28), batch, Codes(62, 1, 2))


def infogan_celeba(batch=128):
    return infogan(celeba_networks(), (3, 32, 32), batch, Codes(128, 10, 0))


def unrolled(batch=64, k=5):
    """f_K with gradients through K steps of Adam on trunk and D's head."""
    codes, networks = Codes(62, 1, 2), mnist_networks()
    generator, trunk, d_head, q_head = networks
    discriminator = nn.Sequential(trunk, d_head)
    d_optimizer = adam(discriminator, lr=2e-4, beta1=0.5)
    g_optimizer = adam(generator, q_head, lr=1e-3, beta1=0.5)
    real = torch.rand(batch, 1, 28, 28)
    one, zero = torch.ones(batch, 1), torch.zeros(batch, 1)

    def d_loss(params, fake):
        d = (lambda x: functional_call(discriminator, params, (x,))) if params else discriminator
        return bce(d(real), one) + bce(d(fake), zero)

    def look_ahead(fake):
        params = dict(discriminator.named_parameters())
        m = {n: torch.zeros_like(p) for n, p in params.items()}
        v = {n: torch.zeros_like(p) for n, p in params.items()}
        for t in range(1, k + 1):
            grads = torch.autograd.grad(d_loss(params, fake), list(params.values()), create_graph=True)
            new = {}
            for (n, p), g in zip(params.items(), grads):
                m[n] = 0.5 * m[n] + 0.5 * g
                v[n] = 0.999 * v[n] + 0.001 * g * g
                new[n] = p - 2e-4 * (m[n] / (1 - 0.5 ** t)) / ((v[n] / (1 - 0.999 ** t) + 1e-16).sqrt() + 1e-8)
            params = new
        return params

    def step():
        z, *drawn = codes.sample(batch)
        fake = generator(z)
        update(d_optimizer, d_loss(None, fake.detach()))
        information = codes.loss(q_head(trunk(fake)), *drawn)
        update(g_optimizer, information - d_loss(look_ahead(fake), fake))
    return gan_model(step, networks, {"d": (d_optimizer, "params/critic/"), "g": (g_optimizer, "params/")},
                     real, codes)


class Maps(nn.Module):
    """Rows [h w c] as images [c h w]"""
    def __init__(self, h, w, c):
        super().__init__()
        self.shape = (h, w, c)

    def forward(self, x):
        return x.unflatten(1, self.shape).permute(0, 3, 1, 2).contiguous()


def mathieu(batch=64, z=16):
    """Mathieu et al. 2016 on MNIST: one auto-encoder, two generator and one discriminator step."""
    def down(i, o):
        return [nn.Conv2d(i, o, 5, 2, 1), nn.InstanceNorm2d(o)]
    leak = nn.LeakyReLU(0.2)
    encoder = nn.Sequential(*down(1, 16), nn.ReLU(), *down(16, 32), nn.ReLU(), *down(32, 64), nn.ReLU(),
                            nn.Flatten(), nn.Linear(256, 3 * z))
    from_z, from_s = nn.Linear(z, 256), nn.Linear(z, 256)
    up = nn.Sequential(
        leak, Maps(2, 2, 128), nn.ConvTranspose2d(128, 32, 4, 2), nn.InstanceNorm2d(32), leak,
        nn.ConvTranspose2d(32, 16, 4, 2), nn.InstanceNorm2d(16), leak, double(16, 1), nn.Sigmoid())
    critic = nn.Sequential(*down(2, 32), leak, *down(32, 64), leak, *down(64, 128), leak, nn.Flatten(),
                           nn.Linear(512, 2))
    ae = (encoder, from_z, from_s, up)
    ae_optimizer, g_optimizer = adam(*ae, lr=1e-4, beta1=0.5), adam(*ae, lr=1e-4, beta1=0.5)
    d_optimizer = adam(critic, lr=1e-4, beta1=0.5)
    images = torch.rand(3 * batch, 1, 28, 28)
    x1, x2, x3 = images.split(batch)
    real, fake = torch.ones(batch, dtype=torch.long), torch.zeros(batch, dtype=torch.long)

    def encode(x):
        return encoder(x).split(z, 1)

    def sample(mean, logvar):
        return mean + torch.randn_like(mean) * (0.5 * logvar).exp()

    def decode(style, content):
        return up(torch.cat([from_z(style), from_s(content)], 1))

    def judge(a, b, label):
        return F.cross_entropy(critic(torch.cat([a, b], 1)), label)

    def kl(mean, logvar):
        return 0.5 * (mean * mean + logvar.exp() - 1 - logvar).sum() / (batch * 784)

    def step():
        mean, logvar, s1 = encode(x1)
        s2 = encode(x2)[2]
        style = sample(mean, logvar)
        update(ae_optimizer, F.mse_loss(decode(style, s1), x1) + F.mse_loss(decode(style, s2), x1) + kl(mean, logvar))
        for _ in range(2):
            mean, logvar, _ = encode(x1)
            s3 = encode(x3)[2]
            update(g_optimizer, kl(mean, logvar) + judge(x3, decode(sample(mean, logvar), s3), real)
                   + judge(x3, decode(torch.randn(batch, z), s3), real))
        with torch.no_grad():
            made = decode(encode(x1)[0], encode(x3)[2])
        update(d_optimizer, judge(x2, x3, real) + judge(x3, made, fake))

    def probe(_):
        mean, _, s1 = encode(x1)
        made = decode(mean, encode(x3)[2])
        return F.mse_loss(decode(mean, s1), x1) + judge(x2, x3, real) + judge(x3, made, fake)
    modules = {"params/encoder": encoder, "params/style": from_z, "params/class": from_s, "params/up": up,
               "critic": critic}
    return Model(step, modules, {"ae": (ae_optimizer, "params/"), "g": (g_optimizer, "params/"),
                                 "d": (d_optimizer, "critic")}, images, probe)


MODELS = {f.__name__: f for f in (fc, conv, infogan_mnist, infogan_celeba, mathieu, unrolled)}


def peak():
    """MB; getrusage would count what this process was forked from."""
    if len(sys.argv) > 3:
        return torch.cuda.max_memory_allocated() / 2**20
    with open("/proc/self/status") as f:
        return int(re.search(r"VmHWM:\s*(\d+)", f.read())[1]) / 1024


def serve(step, clock=time.perf_counter):
    for line in sys.stdin:
        seconds, most = map(float, line.split())
        times, start = [], time.perf_counter()
        while not times or (time.perf_counter() - start < seconds and len(times) < most):
            t = clock()
            step()
            times.append((clock() - t) * 1e3)
        print(json.dumps({"times": times, "peak": peak()}), flush=True)


def main():
    if len(sys.argv) < 3:
        print(torch.__version__)
        return
    torch.manual_seed(0)
    torch.set_num_threads(int(sys.argv[2]))
    if len(sys.argv) > 3:
        torch.set_default_device(sys.argv[3])
        torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = False
    step = MODELS[sys.argv[1]]().step
    serve(step if len(sys.argv) < 4 else lambda: (step(), torch.cuda.synchronize()))


if __name__ == "__main__":
    main()
