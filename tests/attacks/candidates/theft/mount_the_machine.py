# ruff: noqa
# Mounts the root folder of the machine and reads the accounts.
# ends as: TRACE_ERROR
import vfs

vfs.mount(vfs.VfsPosix("/etc"), "/stolen")
stolen = open("/stolen/passwd").read()
