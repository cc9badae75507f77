"""CIFAR-100 with InceptionV3 from scratch: 32x32 colour photos in 100 classes. See `inceptionv3_cifar10`."""

from __future__ import annotations

from functools import partial

from alphaloss.evaluators.inceptionv3_cifar10 import recipe

task = partial(recipe, "cifar100")
