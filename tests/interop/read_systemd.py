"""systemd's own loader of EnvironmentFile=, called in the library that its programs share."""

import ctypes
import glob

PLACES = ("/lib/*/systemd/libsystemd-shared-*.so", "/usr/lib/*/systemd/libsystemd-shared-*.so",
          "/usr/lib/systemd/libsystemd-shared-*.so", "/lib/systemd/libsystemd-shared-*.so")


def shared_object():
    """-> the library, or None where there is none with that function in it"""
    for place in PLACES:
        for path in glob.glob(place):
            found = ctypes.CDLL(path)
            if hasattr(found, "load_env_file"):
                return found
    return None


def read(loader, path):
    """-> {name: value}, or {"error": …} for a file that a unit would fail with"""
    libc = ctypes.CDLL(None)
    libc.free.argtypes = [ctypes.c_void_p]
    found = ctypes.POINTER(ctypes.c_void_p)()
    status = loader.load_env_file(None, path.encode(), ctypes.byref(found))
    if status < 0:
        return {"error": status}
    entries = {}
    index = 0
    while found and found[index]:
        name, _, value = ctypes.string_at(found[index]).partition(b"=")
        entries[name.decode()] = value.decode("utf-8", "surrogateescape")
        libc.free(found[index])
        index += 1
    libc.free(found)
    return entries
