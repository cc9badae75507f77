# ruff: noqa
# Mounts a file system of its own over the guest's.
# ends as: trace
import vfs

vfs.umount("/")


def loss(y_true, y_pred):
    return -y_pred
