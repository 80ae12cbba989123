"""Helpers for images in PyTorch code, which stay NHWC."""

from __future__ import annotations

from actlint.apis.helpers import Helper

IMAGES = (
    Helper(
        "pad_same",
        '''\
def pad_same(x, kernel_size, stride, value=0.0):
    """Pad NCHW images so that a window moves over ceil(size / stride) places, the odd pixel at the
    bottom and right."""
    pads = []
    for size, kernel, step in reversed(list(zip(x.shape[2:], kernel_size, stride))):
        missing = max((-(-size // step) - 1) * step + kernel - size, 0)
        pads += [missing // 2, missing - missing // 2]
    return F.pad(x, pads, value=value)
''',
    ),
    Helper(
        "conv2d",
        '''\
def conv2d(x, kernel, stride=(1, 1), padding="SAME", dilation=(1, 1)):
    """2-d convolution of NHWC images with an HWIO kernel; "SAME" also with a stride."""
    x = x.permute(0, 3, 1, 2)
    if padding == "SAME":
        x = pad_same(x, [(size - 1) * d + 1 for size, d in zip(kernel.shape, dilation)], stride)
    return F.conv2d(x, kernel.permute(3, 2, 0, 1), stride=stride, dilation=dilation).permute(0, 2, 3, 1)
''',
        needs=("pad_same",),
    ),
    Helper(
        "max_pool2d",
        '''\
def max_pool2d(x, kernel_size, stride, padding="VALID"):
    """Max pooling of NHWC images; "SAME" pads at the bottom and right first."""
    x = x.permute(0, 3, 1, 2)
    if padding == "SAME":
        x = pad_same(x, kernel_size, stride, value=float("-inf"))
    return F.max_pool2d(x, kernel_size, stride).permute(0, 2, 3, 1)
''',
        needs=("pad_same",),
    ),
    Helper(
        "avg_pool2d",
        '''\
def avg_pool2d(x, kernel_size, stride, padding="VALID"):
    """Average pooling of NHWC images; "SAME" averages over the pixels that are there."""
    x = x.permute(0, 3, 1, 2)
    if padding == "SAME":
        present = F.avg_pool2d(pad_same(torch.ones_like(x), kernel_size, stride), kernel_size, stride)
        x = F.avg_pool2d(pad_same(x, kernel_size, stride), kernel_size, stride) / present
    else:
        x = F.avg_pool2d(x, kernel_size, stride)
    return x.permute(0, 2, 3, 1)
''',
        needs=("pad_same",),
    ),
    Helper(
        "Conv2d",
        '''\
class Conv2d(nn.Conv2d):
    """nn.Conv2d for NHWC images, whose initialisers see the kernel as (height, width, in, out).
    With `same` it pads to ceil(size / stride) places, the odd pixel at the bottom and right, which
    nn.Conv2d can't with a stride."""

    def __init__(self, *args, same=False, kernel_initializer=None, bias_initializer=nn.init.zeros_, **kwargs):
        super().__init__(*args, **kwargs)
        self.same = same
        if kernel_initializer is None:
            nn.init.xavier_uniform_(self.weight)
        else:
            kernel_initializer(self.weight.detach().permute(2, 3, 1, 0))
        if self.bias is not None:
            bias_initializer(self.bias.detach())

    def forward(self, x):
        x = x.permute(0, 3, 1, 2)
        if self.same:
            x = pad_same(x, [(k - 1) * d + 1 for k, d in zip(self.kernel_size, self.dilation)], self.stride)
        return super().forward(x).permute(0, 2, 3, 1)
''',
        needs=("pad_same",),
    ),
    Helper(
        "ConvTranspose2d",
        '''\
class ConvTranspose2d(nn.ConvTranspose2d):
    """nn.ConvTranspose2d for NHWC images, whose initialisers see the kernel as (height, width, out,
    in). The result has size * stride places, without `same` as many more as the kernel overlaps."""

    def __init__(self, *args, same=False, kernel_initializer=None, bias_initializer=nn.init.zeros_, **kwargs):
        super().__init__(*args, **kwargs)
        self.same = same
        if kernel_initializer is None:
            nn.init.xavier_uniform_(self.weight)
        else:
            kernel_initializer(self.weight.detach().permute(2, 3, 1, 0))
        if self.bias is not None:
            bias_initializer(self.bias.detach())

    def forward(self, x):
        more = [0 if self.same else max(k - s, 0) for k, s in zip(self.kernel_size, self.stride)]
        size = [n * s + m for n, s, m in zip(x.shape[1:3], self.stride, more)]
        padding = "SAME" if self.same else "VALID"
        y = conv2d_transpose(x, self.weight.permute(2, 3, 1, 0), size, self.stride, padding)
        return y if self.bias is None else y + self.bias
''',
        needs=("conv2d_transpose",),
    ),
    Helper(
        "conv1d",
        '''\
def conv1d(x, kernel, stride=1, padding="SAME"):
    """1-d convolution of sequences laid out as (batch, time, channels) with a (width, in, out)
    kernel."""
    return conv2d(x.unsqueeze(1), kernel.unsqueeze(0), (1, stride), padding).squeeze(1)
''',
        needs=("conv2d",),
    ),
    Helper(
        "conv2d_transpose",
        '''\
def conv2d_transpose(x, kernel, size, stride=(1, 1), padding="SAME"):
    """The transpose of a 2-d convolution of NHWC images of `size`, with a (height, width, out, in)
    kernel. What "SAME" cuts off depends on the size."""
    y = F.conv_transpose2d(x.permute(0, 3, 1, 2), kernel.permute(3, 2, 0, 1), stride=stride)
    missing = [max(whole - side, 0) if padding == "SAME" else 0 for whole, side in zip(y.shape[2:], size)]
    top, left = missing[0] // 2, missing[1] // 2
    y = F.pad(y, (0, max(size[1] + left - y.shape[3], 0), 0, max(size[0] + top - y.shape[2], 0)))
    return y[:, :, top : top + size[0], left : left + size[1]].permute(0, 2, 3, 1)
''',
    ),
    Helper(
        "depthwise_conv2d",
        '''\
def depthwise_conv2d(x, kernel, stride=(1, 1), padding="SAME", dilation=(1, 1)):
    """Convolution of each channel of NHWC images by itself, with a (height, width, in, multiplier)
    kernel."""
    x = x.permute(0, 3, 1, 2)
    if padding == "SAME":
        x = pad_same(x, [(size - 1) * d + 1 for size, d in zip(kernel.shape, dilation)], stride)
    height, width, channels, multiplier = kernel.shape
    kernel = kernel.permute(2, 3, 0, 1).reshape(channels * multiplier, 1, height, width)
    return F.conv2d(x, kernel, stride=stride, dilation=dilation, groups=channels).permute(0, 2, 3, 1)
''',
        needs=("pad_same",),
    ),
    Helper(
        "space_to_depth",
        '''\
def space_to_depth(x, block):
    """Blocks of NHWC images as channels; F.pixel_unshuffle orders them differently."""
    batch, height, width, channels = x.shape
    x = x.reshape(batch, height // block, block, width // block, block, channels)
    return x.permute(0, 1, 3, 2, 4, 5).reshape(batch, height // block, width // block, block * block * channels)
''',
    ),
    Helper(
        "depth_to_space",
        '''\
def depth_to_space(x, block):
    """Channels of NHWC images as blocks; F.pixel_shuffle orders them differently."""
    batch, height, width, channels = x.shape
    x = x.reshape(batch, height, width, block, block, channels // (block * block))
    return x.permute(0, 1, 3, 2, 4, 5).reshape(batch, height * block, width * block, channels // (block * block))
''',
    ),
    Helper(
        "local_response_normalization",
        '''\
def local_response_normalization(x, depth_radius=5, bias=1, alpha=1, beta=0.5):
    """x over a power of the squares of neighbouring channels; F.local_response_norm divides alpha
    by their number."""
    squares = F.pad(torch.square(x), (depth_radius, depth_radius)).unfold(-1, 2 * depth_radius + 1, 1)
    return x / (bias + alpha * torch.sum(squares, dim=-1)) ** beta
''',
    ),
    Helper(
        "resize_bilinear",
        '''\
def resize_bilinear(x, size, align_corners=False):
    """NHWC images in another size, interpolated from a pixel's corner; F.interpolate starts half a
    pixel inside."""
    for axis, new in zip((1, 2), size):
        old = x.shape[axis]
        scale = (old - 1) / (new - 1) if align_corners and new > 1 else old / new
        place = torch.arange(new, device=x.device, dtype=x.dtype) * scale
        low = torch.clamp(torch.floor(place).long(), max=old - 1)
        shape = [-1 if i == axis else 1 for i in range(4)]
        share = (place - low).reshape(shape)
        first, second = x.index_select(axis, low), x.index_select(axis, torch.clamp(low + 1, max=old - 1))
        x = first + (second - first) * share
    return x
''',
    ),
    Helper(
        "resize_nearest_neighbor",
        '''\
def resize_nearest_neighbor(x, size, align_corners=False):
    """NHWC images in another size, of the pixels nearest to the corners of the new ones."""
    for axis, new in zip((1, 2), size):
        old = x.shape[axis]
        place = torch.arange(new, device=x.device, dtype=torch.float32)
        if align_corners and new > 1:
            place = torch.floor(place * ((old - 1) / (new - 1)) + 0.5)
        else:
            place = torch.floor(place * (old / new))
        x = x.index_select(axis, torch.clamp(place.long(), max=old - 1))
    return x
''',
    ),
    Helper(
        "rgb_to_grayscale",
        '''\
def rgb_to_grayscale(x):
    """The brightness of images with the channels last."""
    return torch.sum(x * torch.tensor([0.2989, 0.587, 0.114], dtype=x.dtype, device=x.device), dim=-1, keepdim=True)
''',
    ),
)
