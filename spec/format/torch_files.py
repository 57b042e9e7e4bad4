# Files that PyTorch writes, for torch_spec.lua, and what it reads of ours:
#   /usr/bin/python3 spec/format/torch_files.py FOLDER         writes new.pt, old.pt ... there
#   /usr/bin/python3 spec/format/torch_files.py FOLDER ours    tells what ours.pt is to it
# spec/format/golden_torch.lua has the first two as PyTorch 1.13 wrote them.
import collections
import sys
import torch

folder = sys.argv[1]


def save(name, value, **options):
    torch.save(value, folder + '/' + name, **options)


def written():
    cube = torch.arange(24.).reshape(2, 3, 4)
    line = torch.arange(10.)
    state = collections.OrderedDict(
        turned=cube.transpose(0, 2), part=line[3:9].reshape(2, 3), line=line, every=line[1::3],
        wide=torch.tensor([[1.], [2.]]).expand(2, 3), none=torch.zeros(0, 3),
        parameter=torch.nn.Parameter(torch.ones(2)), scalar=torch.tensor(2.5),
        count=torch.tensor(2 ** 40 + 1))
    for name in ['float64', 'float16', 'bfloat16', 'int64', 'int32', 'int16', 'int8', 'uint8', 'bool']:
        unsigned = name in ('uint8', 'bool')
        state[name] = torch.tensor([0, 1, 1 if unsigned else -7]).to(getattr(torch, name))
    state._metadata = {'': {'version': 1}}
    layer = torch.nn.Linear(1, 1)
    optimizer = torch.optim.Adam(layer.parameters(), lr=0.25)
    layer(torch.ones(1, 1)).sum().backward()
    optimizer.step()
    value = {'state': state, 'optimizer': optimizer.state_dict(), 'epoch': 3, 'large': 2 ** 40,
             'huge': 2 ** 70, 'negative': -70000, 'best': 0.375, 'name': 'é', 'flag': True, 'nothing': None,
             'size': torch.Size([1, 2]), 'type': torch.float16, 'nested': (1, [2, (3,)]), 5: 'five',
             'bytes': b'ab\xff'}
    for name, old in (('new', False), ('old', True)):
        save(name + '.pt', value, _use_new_zipfile_serialization=not old)
        save(name + '4.pt', value, _use_new_zipfile_serialization=not old, pickle_protocol=4)
        save(name + '_module.pt', layer, _use_new_zipfile_serialization=not old)
    save('sparse.pt', torch.ones(2).to_sparse())
    save('complex.pt', torch.ones(2, dtype=torch.complex64))
    torch.jit.script(layer).save(folder + '/script.pt')


def told(value):
    if isinstance(value, torch.Tensor):
        return '%s %s %s' % (str(value.dtype)[6:], list(value.shape), value.double().flatten().tolist())
    if isinstance(value, dict):
        return '{%s}' % ', '.join('%r: %s' % (key, told(value[key])) for key in value)
    if isinstance(value, list):
        return '[%s]' % ', '.join(map(told, value))
    return repr(value)


if len(sys.argv) > 2:
    value = torch.load('%s/%s.pt' % (folder, sys.argv[2]), weights_only=True)
    print(told(value))
    if 'tied' in value:
        print(value['tied']['a'].data_ptr() == value['tied']['b'].data_ptr())
else:
    written()
