"""Helpers for PyTorch code that crops, mirrors and standardises images, which stay NHWC."""

from __future__ import annotations

from actlint.apis.helpers import Helper

HELPERS = (
    Helper(
        "random_flip",
        '''\
def random_flip(images, dim):
    """Each image or its mirror image, with equal chances."""
    if images.dim() == 3:
        return images.flip(dim) if torch.rand(()) < 0.5 else images
    mirrored = torch.round(torch.rand(len(images), device=images.device)).reshape(-1, 1, 1, 1)
    return torch.where(mirrored == 1, images.flip(dim), images)
''',
    ),
    Helper(
        "random_crop",
        '''\
def random_crop(x, size):
    """A part of the given size, from any place."""
    places = torch.tensor(x.shape) - torch.tensor(size) + 1
    starts = (torch.randint(2**31 - 1, (len(size),)) % places).tolist()
    return x[tuple(slice(start, start + length) for start, length in zip(starts, size))]
''',
    ),
    Helper(
        "resize_with_crop_or_pad",
        '''\
def resize_with_crop_or_pad(images, height, width):
    """Images of the given size: their middle, or with zeros around them."""
    pads = []
    for dim, size in ((-2, width), (-3, height)):
        missing = size - images.shape[dim]
        if missing < 0:
            images = images.narrow(dim, -missing // 2, size)
        pads += [max(missing, 0) // 2, max(missing, 0) - max(missing, 0) // 2]
    return F.pad(images, [0, 0, *pads])
''',
    ),
    Helper(
        "per_image_standardization",
        '''\
def per_image_standardization(images):
    """Images with a mean of 0 and a deviation of 1, or below for images that are nearly uniform."""
    dims = (-3, -2, -1)
    mean = torch.mean(images, dim=dims, keepdim=True)
    deviation = torch.std(images, dim=dims, correction=0, keepdim=True)
    return (images - mean) / torch.clamp(deviation, min=images.shape[-3:].numel() ** -0.5)
''',
    ),
)
