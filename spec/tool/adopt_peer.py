# What published models give in PyTorch, for adopt_spec.lua:
#   /usr/bin/python3 spec/tool/adopt_peer.py MODEL.pt OUT.pt
# writes random images x [n h w c] and latents z, the means and log variances (or log probabilities)
# that the encoder gives for x, and the images that the decoder gives for z.
import sys
import torch
import torch.nn.functional as F

w = torch.load(sys.argv[1], map_location='cpu')
torch.set_default_dtype(next(iter(w.values())).dtype)   # the double build writes doubles
torch.manual_seed(3)


def linear(name, h):
    return F.linear(h, w[name + '.weight'], w[name + '.bias'])


def conv(name, h):
    return F.relu(F.conv2d(h, w[name + '.weight'], w[name + '.bias'], stride=2, padding=1))


def deconv(name, h):
    return F.conv_transpose2d(h, w[name + '.weight'], w[name + '.bias'], stride=2, padding=1)


def disentangling_vae():
    large = 'encoder.conv_64.weight' in w
    x = torch.rand(3, w['encoder.conv1.weight'].shape[1], *([64, 64] if large else [32, 32]))
    h = x
    for name in ['conv1', 'conv2', 'conv3'] + ['conv_64'] * large:
        h = conv('encoder.' + name, h)
    h = F.relu(linear('encoder.lin1', h.view(3, -1)))
    h = F.relu(linear('encoder.lin2', h))
    mean, second = linear('encoder.mu_logvar_gen', h).view(3, -1, 2).unbind(-1)
    z = torch.randn_like(mean)
    h = F.relu(linear('decoder.lin1', z))
    h = F.relu(linear('decoder.lin2', h))
    h = F.relu(linear('decoder.lin3', h)).view(3, -1, 4, 4)
    for name in ['convT_64'] * large + ['convT1', 'convT2']:
        h = F.relu(deconv('decoder.' + name, h))
    return x, mean, second, z, deconv('decoder.convT3', h)


def joint_vae():
    layers = sorted(name[:-7] for name in w if name.startswith('img_to_features') and 'weight' in name)
    side = 4 << len(layers)
    x = torch.rand(3, w[layers[0] + '.weight'].shape[1], side, side)
    h = x
    for name in layers:
        h = conv(name, h)
    h = F.relu(linear('features_to_hidden.0', h.view(3, -1)))
    alphas = [linear('fc_alphas.%d' % i, h) for i in range(9) if 'fc_alphas.%d.weight' % i in w]
    mean, second = linear('fc_mean', h), torch.cat([F.log_softmax(a, 1) for a in alphas], 1)
    z = torch.cat([torch.randn_like(mean)] + [torch.eye(a.shape[1])[[0, 1, 0]] for a in alphas], 1)
    h = F.relu(linear('latent_to_features.0', z))
    h = F.relu(linear('latent_to_features.2', h)).view(3, -1, 4, 4)
    layers = sorted(name[:-7] for name in w if name.startswith('features_to_img') and 'weight' in name)
    for name in layers[:-1]:
        h = F.relu(deconv(name, h))
    return x, mean, second, z, deconv(layers[-1], h)


x, mean, second, z, logits = joint_vae() if 'fc_mean.weight' in w else disentangling_vae()
torch.save({'x': x.permute(0, 2, 3, 1).contiguous(), 'mean': mean, 'second': second, 'z': z,
            'y': torch.sigmoid(logits).permute(0, 2, 3, 1)}, sys.argv[2])
