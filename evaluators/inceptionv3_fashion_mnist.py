"""Fashion-MNIST with InceptionV3 from scratch: 28x28 grey images in 10 classes. See `inceptionv3_cifar10`."""

from __future__ import annotations

from functools import partial

from alphaloss.evaluators.inceptionv3_cifar10 import recipe

task = partial(recipe, "fashion_mnist")
